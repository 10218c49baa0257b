import { decodeRecord, recordDigest } from '../../attestation/record.ts'
import type { Block } from '../../consensus/block.ts'
import type { AttestationTerms, Membership } from '../../consensus/membership.ts'
import type { SignedMessage } from '../../consensus/messages.ts'
import type { RecordJudged } from '../../consensus/proposal.ts'
import type { ShownEvidence, WireMessage } from '../../consensus/wire-message.ts'
import { equalBytes } from '../../core/bytes.ts'
import type { Fault } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'
import type { DroppedRecords, RecordStore } from '../../ledger/record-store.ts'
import type { CertifiedPast } from './certificates.ts'
import {
  currentOf,
  isAhead,
  isDueAgain,
  isHere,
  isNamed,
  keepJudged,
  type MemberStanding,
  type Missing,
  missingOf,
  newSubject,
  opinionOf,
  type Subject,
  spokenOf,
  standingOf,
} from './member-subject.ts'
import type { JudgedRecord, RecordJudge } from './record-judge.ts'
import { createRecordWants, type RecordWants } from './record-wants.ts'

/** The records of the other members of a session: fetched when a header names a new one, judged, and judged again for cause. */
export interface MemberRecords {
  /** A verified proposal: its header names a record. */
  heard(message: SignedMessage<'proposal'>): void
  /** A record that a peer shows. */
  shown(from: number, evidence: ShownEvidence): void
  committed(block: Block): void
  /** What is said of the others in the next proposal, sorted by member. */
  verdicts(): readonly RecordJudged[]
  standings(): readonly MemberStanding[]
  stop(): void
}

export interface MemberRecordsOptions {
  readonly membership: Membership
  readonly self: number
  readonly terms: AttestationTerms
  readonly judge: RecordJudge
  readonly store: Pick<RecordStore, 'keep' | 'eventLog'>
  readonly certificates: CertifiedPast
  send(to: number, message: WireMessage): void
  /** The verdict on a member, or a reason for it, has changed. */
  changed(standing: MemberStanding): void
  note(fault: Fault): void
}

interface Watch {
  readonly options: MemberRecordsOptions
  readonly wants: RecordWants
  readonly subjects: readonly Subject[]
  /** Of the newest final block. */
  height: number
  timer: NodeJS.Timeout | undefined
}

/** Who names no record for so long, or one that nobody gets to see, has none to show. */
const MISSING_AFTER_MS = 15_000

export function createMemberRecords(options: MemberRecordsOptions): MemberRecords {
  const { membership, self, terms, certificates } = options
  const others = membership.members.filter(({ id }) => id !== self)
  const watch: Watch = {
    options,
    wants: createRecordWants(self, membership.members.length),
    subjects: others.map(({ id, name }) => newSubject(id, name, performance.now())),
    height: 0,
    timer: undefined,
  }
  const { subjects } = watch
  return {
    heard: ({ header, body }) => {
      const subject = subjectOf(watch, header.sender)
      if (subject === undefined || body.epoch <= subject.newestEpoch) return
      // Absent until now, it has had no time to show anything.
      if (subject.newestEpoch < 0) subject.sinceMs = performance.now()
      subject.newestEpoch = body.epoch
      named(watch, subject, header.attestationDigest)
      lookForMissing(watch, subject)
    },
    shown: (from, evidence) => shown(watch, from, evidence),
    committed: (block) => {
      watch.height = block.height
      for (const subject of subjects) {
        const { ahead } = subject
        if (ahead !== undefined && !isAhead(ahead.judged, block.height)) {
          settle(watch, subject, options.judge.judge(subject.member, ahead.judged))
        }
        const judged = currentOf(subject)
        if (judged === undefined || !isDueAgain(judged, terms.policy, certificates)) continue
        keepJudged(subject, options.judge.judge(subject.member, judged))
        tell(watch, subject)
      }
    },
    verdicts: () => subjects.flatMap(spokenOf),
    standings: () => subjects.map((subject) => standingOf(subject, certificates)),
    stop: () => clearTimeout(watch.timer),
  }
}

function subjectOf({ subjects }: Watch, member: number): Subject | undefined {
  return subjects.find((subject) => subject.member === member)
}

/** The record that a member names from now on. */
function named(watch: Watch, subject: Subject, digest: Uint8Array | undefined): void {
  if (isNamed(subject, digest)) return
  subject.former = currentOf(subject) ?? subject.former
  // Who names another one each time, none of which anybody gets to see, does not begin its time anew.
  if (currentOf(subject) !== undefined) subject.sinceMs = performance.now()
  subject.digest = digest
  if (currentOf(subject) !== undefined) subject.missing = undefined
  else if (subject.missing !== undefined) subject.missing = missingNow(watch, subject)
  watch.wants.drop(subject.member)
  if (digest !== undefined && !isHere(subject, digest)) {
    watch.wants.want(subject.member, digest, false, performance.now())
    ask(watch)
  }
  tell(watch, subject)
}

/** At its proposals, so that who is absent, and cannot be asked, is not told to hide something. */
function lookForMissing(watch: Watch, subject: Subject): void {
  const { ahead } = subject
  if (ahead !== undefined) {
    if (performance.now() - ahead.sinceMs >= MISSING_AFTER_MS) settle(watch, subject, ahead.judged)
    return
  }
  if (subject.missing !== undefined || currentOf(subject) !== undefined) return
  if (performance.now() - subject.sinceMs < MISSING_AFTER_MS) return
  subject.missing = missingNow(watch, subject)
  tell(watch, subject)
}

function missingNow({ options: { terms, judge } }: Watch, subject: Subject): Missing {
  return missingOf(subject, terms.policy, judge.isKnown(subject.member))
}

function ask(watch: Watch): void {
  const { wants, options } = watch
  clearTimeout(watch.timer)
  watch.timer = undefined
  const nowMs = performance.now()
  for (const { want, of } of wants.due(nowMs)) {
    const { digest, withEventLog } = want
    options.send(of, { kind: 'want-record', value: { digest, withEventLog } })
  }
  const next = wants.nextAtMs()
  if (next !== undefined) watch.timer = setTimeout(() => ask(watch), Math.max(10, next - nowMs))
}

/** What nobody asked for is taken from its own node alone: it is about to sign that. */
function shown(watch: Watch, from: number, evidence: ShownEvidence): void {
  const digest = recordDigest(evidence.record)
  const want = watch.wants.find(digest)
  const subject = subjectOf(watch, want?.member ?? from)
  if (subject === undefined || isHere(subject, digest)) return
  if (want === undefined && !subject.offers.take(performance.now())) return
  const eventLog = logOf(watch, evidence, digest)
  if (eventLog === 'missing') {
    watch.wants.want(subject.member, digest, true, performance.now())
    ask(watch)
    return
  }
  if (!keep(watch, subject, digest, evidence.record, eventLog)) return
  const judged = watch.options.judge.judge(subject.member, { digest, bytes: evidence.record, eventLog })
  // Until it is settled what was said of the former one is all that is known.
  subject.former = currentOf(subject) ?? subject.former
  subject.digest = digest
  watch.wants.drop(subject.member)
  if (isAhead(judged, watch.height)) wait(subject, judged)
  else settle(watch, subject, judged)
}

/** Its node has made a certificate first, by some milliseconds: no reason to say anything of it before that comes. */
function wait(subject: Subject, judged: JudgedRecord): void {
  // Who names what never comes, in one record after the other, does not begin its time anew.
  subject.ahead = { judged, sinceMs: subject.ahead?.sinceMs ?? performance.now() }
  subject.missing = undefined
}

function settle(watch: Watch, subject: Subject, judged: JudgedRecord): void {
  keepJudged(subject, judged)
  // Whoever names another one by now, which nobody gets to see, does not escape this verdict.
  subject.former = judged
  subject.ahead = undefined
  subject.missing = undefined
  tell(watch, subject)
}

/** The log that the policy asks about: as it came, or from before; `missing` while there is a chance that it comes. */
function logOf(
  { options: { terms, store }, wants }: Watch,
  { record, eventLog }: ShownEvidence,
  digest: Uint8Array,
): Uint8Array | 'missing' | undefined {
  if (terms.policy.loggedPcrs.length === 0) return undefined
  const logDigest = logDigestOf(record)
  if (logDigest === undefined) return undefined
  // Who passes on the record of another does not get to spoil it.
  if (eventLog !== undefined && equalBytes(sha384(eventLog), logDigest)) return eventLog
  const kept = store.eventLog(logDigest)
  if (kept.ok && kept.value !== undefined) return kept.value
  const want = wants.find(digest)
  const isLate = want?.withEventLog === true && performance.now() - want.sinceMs > MISSING_AFTER_MS
  return isLate ? undefined : 'missing'
}

/** A verdict on what is not kept could not be justified later. */
function keep(
  { options: { store, note }, height }: Watch,
  { name }: Subject,
  digest: Uint8Array,
  bytes: Uint8Array,
  log: Uint8Array | undefined,
): boolean {
  const logDigest = log && logDigestOf(bytes)
  const eventLog = log === undefined || logDigest === undefined ? undefined : { digest: logDigest, bytes: log }
  const kept = store.keep({ digest, node: name, height, bytes, eventLog })
  if (!kept.ok) note(kept.fault)
  else if (kept.value !== undefined) note(droppedFault(kept.value))
  return kept.ok
}

function logDigestOf(record: Uint8Array): Uint8Array | undefined {
  const decoded = decodeRecord(record)
  return decoded.ok ? decoded.value.statement.eventLogDigest : undefined
}

export function droppedFault({ node, count, height }: DroppedRecords): Fault {
  return {
    code: 'attestation.dropped',
    message: `the oldest ${count} records of ${node} had to make room: certificates up to about height ${height} name records that are no longer here`,
  }
}

function tell({ options }: Watch, subject: Subject): void {
  const standing = standingOf(subject, options.certificates)
  const { verdict, reasons } = opinionOf(standing)
  const told = [verdict, ...reasons.map(({ code }) => code)].join(' ')
  // While the next record is on its way there is nothing new to tell.
  if (told === subject.told || verdict === undefined) return
  subject.told = told
  options.changed(standing)
}
