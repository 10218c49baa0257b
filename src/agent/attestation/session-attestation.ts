import { setTimeout as sleep } from 'node:timers/promises'
import type { Block } from '../../consensus/block.ts'
import type { Membership } from '../../consensus/membership.ts'
import type { RecordJudged } from '../../consensus/proposal.ts'
import { epochAt } from '../../consensus/replica/epoch-schedule.ts'
import type { EpochClock, Input } from '../../consensus/replica/types.ts'
import type { WireMessage } from '../../consensus/wire-message.ts'
import { type Fault, ok, type Result } from '../../core/fault.ts'
import type { MonoNs } from '../../core/time.ts'
import type { DecisionReader } from '../../ledger/decision-log.ts'
import type { RecordStore } from '../../ledger/record-store.ts'
import { readMonoNs } from '../../linux/clock.ts'
import type { Report } from '../agent-event.ts'
import type { FaultLog } from '../fault-log.ts'
import type { Identity } from '../identity.ts'
import type { RecordMessage } from '../inbound.ts'
import type { Attestor } from './attestor.ts'
import { type CertifiedPast, createCertifiedPast } from './certificates.ts'
import { createMemberRecords, droppedFault, type MemberRecords } from './member-records.ts'
import { type MemberStanding, opinionOf } from './member-subject.ts'
import { quietInMs } from './quiet-moment.ts'
import { createRecordAnswers } from './record-answers.ts'
import { createRecordJudge, type KnownNodes, type RecordJudge } from './record-judge.ts'
import type { OwnRecord } from './record-maker.ts'

/** Attestation in one session: the own record shown, and those of the others judged, where the membership asks for that. */
export interface SessionAttestation {
  /** Links are up from now on. */
  start(): void
  /** What is verified and on its way to the replica. */
  heard(input: Input): void
  /** A peer asks for a record, or shows one. */
  take(from: number, message: RecordMessage): void
  committed(block: Block): void
  /** For the next proposal. */
  verdicts(): readonly RecordJudged[]
  standings(): readonly MemberStanding[]
  cost(): ReturnType<RecordJudge['cost']> | undefined
  stop(): void
}

export interface SessionPorts {
  readonly membership: Membership
  readonly identity: Identity
  readonly log: DecisionReader
  readonly faults: FaultLog
  readonly report: Report
  epochClock(now: MonoNs): EpochClock | undefined
  send(to: number | 'all', message: WireMessage): void
  /** From now on everything is signed with this record. */
  attested(digest: Uint8Array): void
}

/** What outlives a session. */
export interface Desk {
  readonly attestor: Attestor
  readonly store: RecordStore
  readonly known: KnownNodes
  /** Whether this appliance makes records in this session. */
  readonly isMade: boolean
}

/** So long before it is signed the others have a record, and have judged it when they next speak of it. */
const SHOWN_BEFORE_MS = 150
/** What is older is caught up with, and dates nothing: a record that names it would be as old. */
const PRESENT_EPOCHS = 3

export function createSessionAttestation(desk: Desk, ports: SessionPorts): SessionAttestation {
  const { attestor, store } = desk
  const { membership, identity, faults } = ports
  const note = (fault: Fault): void => faults.note('attestation', fault)
  const certificates = createCertifiedPast(ports.log, membership, note)
  const judging = openJudging(desk, ports, certificates, note)
  const answers = createRecordAnswers(store, membership.members.length, note)
  const { id, name } = identity.member
  const attested = { cluster: membership.cluster, member: id, name, keyHash: identity.keyHash }
  attestor.prepare(attested)
  let height = 0
  let isStopped = false

  const publish = async (record: OwnRecord): Promise<Result<void>> => {
    const waitMs = quietInMs(membership, ports.epochClock(readMonoNs()), readMonoNs())
    if (waitMs > 0) await sleep(waitMs)
    if (isStopped) return ok(undefined)
    const { digest, bytes, eventLog } = record
    const kept = store.keep({ digest, node: name, height, bytes, eventLog })
    if (!kept.ok) return kept
    if (kept.value !== undefined) note(droppedFault(kept.value))
    ports.send('all', { kind: 'record', value: { record: bytes, eventLog: undefined } })
    await sleep(SHOWN_BEFORE_MS)
    if (!isStopped) ports.attested(digest)
    return ok(undefined)
  }
  const isPresent = ({ epoch }: Block): boolean => {
    const now = readMonoNs()
    const clock = ports.epochClock(now)
    return clock !== undefined && epochAt(membership, clock, now) - epoch <= PRESENT_EPOCHS
  }
  return {
    start: () => {
      if (desk.isMade) attestor.enter({ ...attested, newestCertificate: certificates.newest, publish })
    },
    heard: (input) => {
      if (input.type === 'signed' && input.message.type === 'proposal') judging?.records.heard(input.message)
    },
    take: (from, message) => {
      if (message.kind === 'record') {
        judging?.records.shown(from, message.value)
        return
      }
      const answer = answers.answer(from, message.value, performance.now())
      if (answer !== undefined) ports.send(from, answer)
    },
    committed: (block) => {
      height = block.height
      certificates.committed(block)
      if (isPresent(block)) attestor.certified()
      judging?.records.committed(block)
    },
    verdicts: () => judging?.records.verdicts() ?? [],
    standings: () => judging?.records.standings() ?? [],
    cost: () => judging?.judge.cost(),
    stop: () => {
      isStopped = true
      judging?.records.stop()
    },
  }
}

function openJudging(
  { store, known }: Desk,
  { membership, identity, report, send, faults }: SessionPorts,
  certificates: CertifiedPast,
  note: (fault: Fault) => void,
): { readonly records: MemberRecords; readonly judge: RecordJudge } | undefined {
  const { attestation: terms } = membership
  if (terms === undefined) return undefined
  const judge = createRecordJudge({ membership, terms, known, certificates, verifier: identity.verifier })
  const self = identity.member.id
  const changed = (standing: MemberStanding): void => {
    const { verdict, reasons } = opinionOf(standing)
    const { name, digest } = standing
    report({ type: 'attestation', member: name, verdict: verdict ?? 'unjudged', reasons, digest: digest?.toHex() })
    // A cluster that has only begun is no alarm.
    const alarming = reasons.filter(({ code }) => code !== 'record.undated')
    for (const reason of verdict === 'verified' || verdict === 'none' ? [] : alarming) {
      faults.note(`attestation of ${name}`, reason)
    }
  }
  const records = createMemberRecords({ membership, self, terms, judge, store, certificates, send, changed, note })
  return { records, judge }
}
