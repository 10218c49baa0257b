import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  AUTHORITY,
  CLOCK,
  contextOf,
  hashOfBlock,
  recordBytes,
  unattestedBytes,
} from '../../../test/support/attestation-records.ts'
import { sampleMembership, sampleProposal, sampleReading } from '../../../test/support/proposals.ts'
import { unwrap } from '../../../test/support/results.ts'
import { buildEventLog } from '../../attestation/event-log-fixture.ts'
import { type AttestationPolicy, DEFAULT_POLICY } from '../../attestation/policy.ts'
import { recordDigest } from '../../attestation/record.ts'
import type { Block } from '../../consensus/block.ts'
import type { Membership } from '../../consensus/membership.ts'
import type { SignedMessage } from '../../consensus/messages.ts'
import type { WireMessage } from '../../consensus/wire-message.ts'
import { sha384 } from '../../core/hash.ts'
import { NS_PER_SECOND, plus, type TaiNs } from '../../core/time.ts'
import { selectMlDsa } from '../../crypto/select.ts'
import { openRecordStore, type RecordStore } from '../../ledger/record-store.ts'
import type { CertifiedPast } from './certificates.ts'
import { createMemberRecords } from './member-records.ts'
import { opinionOf } from './member-subject.ts'
import { createRecordJudge, openKnownNodes } from './record-judge.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-judging-'))
after(() => rmSync(folder, { recursive: true }))

const mlDsa = selectMlDsa()
const [A, B] = [
  recordBytes(),
  recordBytes({ certificate: { height: 1050, hash: hashOfBlock(1050) } }, { clock: { ...CLOCK, clockMs: 60_000n } }),
]
const { certificates: ENOUGH } = contextOf(A)

function membershipOf(policy: Partial<AttestationPolicy>): Membership {
  const attestation = { fleet: 'racks', authorities: [AUTHORITY.publicKey], policy: { ...DEFAULT_POLICY, ...policy } }
  const sample = sampleMembership(4, { attestation })
  const { publicKey } = mlDsa.createSigner(new Uint8Array(32).fill(3))
  const members = sample.members.map((member) => {
    return member.id === 1 ? { ...member, name: 'node-b', signingKey: publicKey } : member
  })
  return { ...sample, cluster: 'hall', members }
}

let stores = 0

/** Member 0, which judges member 1, `node-b`. */
function openDesk(policy: Partial<AttestationPolicy> = {}, kept?: RecordStore) {
  const membership = membershipOf(policy)
  const { attestation: terms } = membership
  assert.ok(terms)
  stores += 1
  const store = kept ?? unwrap(openRecordStore(join(folder, `${stores}.sqlite`)))
  const past = { now: ENOUGH.now, reach: 2_000 }
  const certificates: CertifiedPast = {
    get now() {
      return past.now
    },
    knowableSince: (named) => (named.height <= past.reach ? ENOUGH.knowableSince(named) : undefined),
    committed: () => undefined,
    newest: () => undefined,
  }
  const sent: (readonly [number, WireMessage])[] = []
  const told: string[] = []
  const known = unwrap(openKnownNodes(store, assert.ifError))
  const judge = createRecordJudge({ membership, terms, known, certificates, verifier: mlDsa.verifier })
  const records = createMemberRecords({
    membership,
    self: 0,
    terms,
    judge,
    store,
    certificates,
    send: (...all) => sent.push(all),
    changed: (standing) => {
      const { verdict, reasons } = opinionOf(standing)
      told.push([standing.name, verdict, ...reasons.map(({ code }) => code)].join(' '))
    },
    note: assert.ifError,
  })
  let epoch = 0
  return {
    store,
    records,
    judge,
    sent,
    told,
    past,
    names: (digest: Uint8Array | undefined, at = ++epoch) => {
      const body = sampleProposal(sampleReading(1, 0n), [], { epoch: at })
      const header = { sender: 1, attestationDigest: digest }
      records.heard({ type: 'proposal', header, body } as unknown as SignedMessage<'proposal'>)
    },
    shows: (from: number, record: Uint8Array, eventLog?: Uint8Array) => records.shown(from, { record, eventLog }),
    commits: (height = 1_100) => records.committed({ height } as Block),
    verdicts: () => records.verdicts().map(({ member, digest, verdict }) => [member, digest?.toHex(), verdict]),
  }
}

const said = (record: Uint8Array, verdict: string): readonly unknown[] => [1, recordDigest(record).toHex(), verdict]

test('a record that a proposal names is fetched, kept, judged, and spoken of by its digest', (t) => {
  const { records, names, shows, sent, verdicts, store, told, judge } = openDesk()
  t.after(records.stop)
  names(recordDigest(A))
  assert.deepEqual(verdicts(), [])
  assert.deepEqual(sent, [[1, { kind: 'want-record', value: { digest: recordDigest(A), withEventLog: false } }]])
  // Anybody may have it: it is worth what its digest is worth.
  shows(3, A)
  assert.deepEqual(verdicts(), [said(A, 'verified')])
  assert.deepEqual(unwrap(store.record(recordDigest(A))), A)
  names(recordDigest(A))
  shows(1, A)
  assert.deepEqual([judge.cost().count, sent.length, told], [1, 1, ['node-b verified']])
})

test('a record that is shown before it is signed is judged by then', (t) => {
  const { records, names, shows, sent, verdicts } = openDesk()
  t.after(records.stop)
  names(recordDigest(A))
  shows(1, A)
  shows(1, B)
  assert.deepEqual(verdicts(), [said(B, 'verified')])
  // Its proposal of this epoch was still under the old one, and so are those of before that others pass on.
  names(recordDigest(A))
  assert.deepEqual(verdicts(), [said(A, 'verified')])
  names(recordDigest(B))
  names(recordDigest(A), 1)
  assert.deepEqual(verdicts(), [said(B, 'verified')])
  assert.equal(sent.length, 1)
})

test('nobody shows the record of another unasked, nor any number of its own', (t) => {
  const { records, shows, judge } = openDesk()
  t.after(records.stop)
  shows(2, A)
  const strange = (index: number): Uint8Array => recordBytes({ bootId: new Uint8Array(16).fill(index) })
  for (let index = 0; index < 10; index++) shows(1, strange(index))
  // That of node-b by member 2 is judged as a record of member 2, which it is not.
  assert.equal(judge.cost().count, 4)
})

test('a record is judged again when its certificate has come, and when it has grown old, and not otherwise', (t) => {
  const { records, names, shows, commits, verdicts, told, past, judge } = openDesk()
  t.after(records.stop)
  past.reach = 900
  commits()
  names(recordDigest(A))
  shows(1, A)
  for (let block = 0; block < 5; block++) commits()
  assert.deepEqual([verdicts(), judge.cost().count], [[said(A, 'flagged')], 1])
  past.reach = 2_000
  for (let block = 0; block < 5; block++) commits()
  assert.deepEqual([verdicts(), judge.cost().count], [[said(A, 'verified')], 2])
  past.now = plus(past.now as TaiNs, 1_900n * NS_PER_SECOND)
  for (let block = 0; block < 5; block++) commits()
  assert.deepEqual([verdicts(), judge.cost().count], [[said(A, 'flagged')], 3])
  assert.deepEqual(told, ['node-b flagged record.certificate', 'node-b verified', 'node-b flagged record.stale'])
})

test('who is ahead by a certificate is not spoken of until that is here', (t) => {
  const { records, names, shows, commits, verdicts, told, past, sent } = openDesk()
  t.after(records.stop)
  past.reach = 900
  commits(900)
  shows(1, A)
  shows(1, A)
  names(recordDigest(A))
  assert.deepEqual([verdicts(), sent], [[], []])
  past.reach = 2_000
  commits(1_100)
  assert.deepEqual([verdicts(), told], [[said(A, 'verified')], ['node-b verified']])
})

test('a bad verdict stands while the next record is ahead, and what is wrong beside is said at once', (t) => {
  const { records, shows, commits, verdicts, past } = openDesk()
  t.after(records.stop)
  past.reach = 900
  commits(1_020)
  shows(1, A)
  assert.deepEqual(verdicts(), [said(A, 'flagged')])
  shows(1, B)
  assert.deepEqual(verdicts(), [said(A, 'flagged')])
  const strange = openDesk({ softwareDigests: [sha384(Uint8Array.of(9))] })
  t.after(strange.records.stop)
  strange.past.reach = 900
  strange.commits(900)
  strange.shows(1, A)
  assert.deepEqual(strange.verdicts(), [said(A, 'flagged')])
})

test('who names certificates that never come is judged for that after a while, whatever it names meanwhile', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 1_000
  t.mock.method(performance, 'now', () => nowMs)
  const { names, shows, commits, verdicts, told, past } = openDesk({ onFailure: 'refuse' })
  past.reach = 900
  commits(900)
  for (let second = 0; second < 40; second += 1) {
    const clock = { ...CLOCK, clockMs: 60_000n + BigInt(second) * 1_000n }
    const next = recordBytes({ certificate: { height: 1_000 + second, hash: hashOfBlock(1_000 + second) } }, { clock })
    if (second % 5 === 0) shows(1, next)
    names(second % 2 === 0 ? sha384(Uint8Array.of(second)) : recordDigest(next))
    assert.equal(verdicts().length, second >= 15 ? 1 : 0, `${second}`)
    assert.equal(verdicts()[0]?.[2], second >= 15 ? 'refused' : undefined)
    nowMs += 1_000
  }
  assert.ok(
    told.every((words) => words.startsWith('node-b refused record.')),
    told.join(),
  )
})

test('who names what nobody gets to see does not escape the verdict on a certificate that never came', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 1_000
  t.mock.method(performance, 'now', () => nowMs)
  const { names, shows, commits, verdicts, past } = openDesk()
  past.reach = 900
  commits(900)
  shows(1, A)
  nowMs += 15_000
  names(sha384(Uint8Array.of(1)))
  assert.deepEqual(verdicts(), [said(A, 'flagged')])
})

test('what was seen of a node before a restart is remembered after it', (t) => {
  const before = openDesk()
  before.names(recordDigest(B))
  before.shows(1, B)
  before.records.stop()
  const after = openDesk({}, before.store)
  t.after(after.records.stop)
  after.names(recordDigest(A))
  after.shows(1, A)
  assert.equal(after.told.length, 1)
  assert.match(after.told[0] ?? '', /^node-b flagged (quote\.rolled-back|record\.older)/)
  after.names(recordDigest(unattestedBytes()))
  after.shows(1, unattestedBytes())
  assert.equal(after.told.at(-1), 'node-b flagged record.downgraded')
})

test('the log that a policy asks about is fetched after the record, and nobody else can spoil it', (t) => {
  const log = buildEventLog([{ pcr: 0, type: 8, data: Uint8Array.of(1) }])
  const record = recordBytes({ eventLogDigest: sha384(log) })
  const { records, names, shows, sent, verdicts, told, store } = openDesk({ loggedPcrs: [0] })
  t.after(records.stop)
  names(recordDigest(record))
  shows(1, record)
  assert.deepEqual(verdicts(), [])
  assert.deepEqual(sent.at(-1), [
    1,
    { kind: 'want-record', value: { digest: recordDigest(record), withEventLog: true } },
  ])
  shows(2, record, Uint8Array.of(1))
  assert.deepEqual(verdicts(), [])
  shows(2, record, log)
  // It is the log that the record names, and explains other values than those that are quoted.
  assert.deepEqual(told, ['node-b flagged quote.event-log'])
  assert.deepEqual(unwrap(store.eventLog(sha384(log))), log)
})

test('who names a record that nobody shows, or none, is judged for that', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 1_000
  t.mock.method(performance, 'now', () => nowMs)
  const hides = openDesk({ onFailure: 'refuse' })
  hides.names(recordDigest(A))
  nowMs += 14_000
  hides.names(recordDigest(A))
  assert.deepEqual(hides.verdicts(), [])
  nowMs += 2_000
  hides.names(recordDigest(A))
  assert.deepEqual([hides.verdicts(), hides.told], [[[1, undefined, 'refused']], ['node-b refused record.withheld']])
  hides.shows(1, A)
  assert.deepEqual(hides.verdicts(), [said(A, 'verified')])
  hides.names(undefined)
  nowMs += 16_000
  hides.names(undefined)
  // It has a TPM, and has shown what it said.
  assert.deepEqual(hides.verdicts(), [[1, undefined, 'refused']])
  const hasNone = openDesk()
  hasNone.names(undefined)
  nowMs += 16_000
  hasNone.names(undefined)
  assert.deepEqual([hasNone.verdicts(), hasNone.told], [[[1, undefined, 'none']], ['node-b none record.absent']])
})

test('a bad verdict is said until the next record is here, and no longer', (t) => {
  const { records, names, shows, commits, verdicts, past } = openDesk()
  t.after(records.stop)
  past.reach = 900
  commits()
  names(recordDigest(A))
  shows(1, A)
  assert.deepEqual(verdicts(), [said(A, 'flagged')])
  names(sha384(Uint8Array.of(1)))
  assert.deepEqual(verdicts(), [said(A, 'flagged')])
  names(sha384(Uint8Array.of(2)))
  assert.deepEqual(verdicts(), [said(A, 'flagged')])
  past.reach = 2_000
  names(recordDigest(B))
  shows(1, B)
  commits()
  assert.deepEqual(verdicts(), [said(B, 'verified')])
  // A good one vouches for nothing that has not come yet.
  names(sha384(Uint8Array.of(3)))
  assert.deepEqual(verdicts(), [])
})

test('who names another record each time, none of which anybody gets to see, is judged for that too, and stays so', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 1_000
  t.mock.method(performance, 'now', () => nowMs)
  const { names, shows, verdicts, told } = openDesk({ onFailure: 'refuse' })
  names(recordDigest(A))
  shows(1, A)
  for (let second = 0; second < 20; second += 1) {
    names(sha384(Uint8Array.of(second)))
    assert.deepEqual(verdicts(), second >= 15 ? [[1, undefined, 'refused']] : [])
    nowMs += 1_000
  }
  assert.deepEqual(told, ['node-b verified', 'node-b refused record.withheld'])
  // One that can be seen ends it.
  names(recordDigest(A))
  assert.deepEqual(verdicts(), [said(A, 'verified')])
})
