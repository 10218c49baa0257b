import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sampleProposal, sampleReading } from '../../test/support/proposals.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import { decodeEnvelope, type SignedMessage } from '../consensus/messages.ts'
import type { JournalRecord } from '../consensus/replica/types.ts'
import type { WireMessage } from '../consensus/wire-message.ts'
import { type Fault, ok } from '../core/fault.ts'
import type { HeardMessage } from '../ledger/heard-log.ts'
import { createFaultLog } from './fault-log.ts'
import { readLastWords } from './last-words-frame.ts'
import { createOwnPast, type OwnPast } from './own-past.ts'

const { membership, cluster, envelope, verifier } = createSigningMembers(4)
const SELF = 2

interface Played {
  readonly past: OwnPast
  readonly told: string[]
  readonly refusals: string[]
  readonly halts: Fault[]
  readonly sent: WireMessage[]
  readonly kept: HeardMessage[]
}

function play(t: TestContext, { bootCount = 3, records = [] as JournalRecord[], isKnown = false } = {}): Played {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const played = { told: [], refusals: [], halts: [], sent: [], kept: [] } as Omit<Played, 'past'>
  const past = createOwnPast({
    membership,
    cluster,
    self: SELF,
    journal: {
      bootCount,
      records,
      refuse: (message) => {
        played.refusals.push(message)
        return ok(undefined)
      },
    },
    heard: {
      recall: () => ok([]),
      keep: (_, heard) => {
        played.kept.push(...heard)
        return ok(undefined)
      },
      close: () => undefined,
    },
    faults: createFaultLog(() => undefined),
    isKnown,
    send: (_, message) => played.sent.push(message),
    known: () => played.told.push('known'),
    opened: () => played.told.push('opened'),
    alive: () => undefined,
    halted: (fault) => played.halts.push(fault),
  })
  return { past, ...played }
}

function message(sender: number, view: number, bootCount: number): SignedMessage {
  return unwrap(decodeEnvelope(envelope(sender, 'nullify', { view }, bootCount)))
}

test('nothing reaches the replica before all others have shown their last words', (t) => {
  const { past, told } = play(t)
  const wake = { type: 'wake' } as const
  past.start()
  for (const peer of [0, 1]) past.shown(peer, [])
  assert.deepEqual([past.isSilent(), past.admits(wake), told], [true, false, []])
  past.shown(3, [message(SELF, 0, 1)].slice(1))
  assert.deepEqual([past.isSilent(), past.admits(wake), told], [false, true, ['known', 'opened']])
})

test('when as many as a certificate takes have, the last is waited for two seconds and no longer', (t) => {
  const { past, told } = play(t)
  past.start()
  past.shown(0, [])
  t.mock.timers.tick(60_000)
  past.shown(0, [])
  assert.ok(past.isSilent(), 'one member alone decides nothing, however often it answers')
  past.shown(1, [])
  t.mock.timers.tick(1_999)
  assert.ok(past.isSilent())
  t.mock.timers.tick(1)
  assert.deepEqual(told, ['known', 'opened'])
})

test('who took part in the session before, and whose session is over, asks nobody', (t) => {
  const known = play(t, { isKnown: true })
  known.past.start()
  assert.equal(known.past.isSilent(), false)
  t.mock.timers.reset()
  const over = play(t, { records: [{ kind: 'session-end', number: 4, bytes: new Uint8Array() }] })
  over.past.start()
  // But what it says in the next session, the others have to look at first.
  assert.deepEqual([over.past.isSilent(), over.told], [false, ['opened']])
})

test('a word of its own that the journal does not know ends it for good, whoever shows it and when', (t) => {
  for (const isKnown of [false, true]) {
    const { past, refusals, halts } = play(t, { isKnown })
    past.start()
    past.shown(1, [message(SELF, 7, 2)])
    past.shown(0, [message(SELF, 7, 2)])
    assert.deepEqual(
      halts.map(({ code }) => code),
      ['journal.rolled-back'],
    )
    assert.deepEqual(refusals, [halts[0]?.message])
    assert.equal(past.admits({ type: 'wake' }), false)
    t.mock.timers.reset()
  }
  const { past, halts } = play(t)
  past.start()
  past.admits({ type: 'signed', from: 1, message: message(SELF, 7, 2) })
  assert.equal(halts.length, 1)
})

test('the newest hello, proposal and vote of a member are shown to it, and kept', (t) => {
  const { past, sent, kept } = play(t, { isKnown: true })
  const clock = sampleReading(1, 70n, { tai: 1_000n, bound: 50n })
  const hello = { era: 1, clock, view: 9, finalizedView: 8, answerWanted: true }
  const proposal = (epoch: number): Uint8Array => envelope(1, 'proposal', sampleProposal(clock, [], { epoch }))
  const spoken = [
    envelope(1, 'hello', hello, 4),
    envelope(1, 'hello', hello, 5),
    proposal(8),
    proposal(7),
    envelope(1, 'nullify', { view: 3 }),
    envelope(1, 'notarize', { view: 5, hash: new Uint8Array(48) }),
  ]
  for (const bytes of spoken) past.admits({ type: 'signed', from: 0, message: unwrap(decodeEnvelope(bytes)) })
  past.greeted(1)
  past.greeted(3)
  const newest = [spoken[1], spoken[2], spoken[5]]
  assert.deepEqual(sent, [
    { kind: 'last-words', value: newest },
    { kind: 'last-words', value: [] },
  ])
  t.mock.timers.tick(1_000)
  assert.deepEqual(
    kept.map((heard) => heard.envelope),
    newest,
    'a new start is kept within a second, and what else waits with it',
  )
})

test('last words are read only when this member has signed them', async () => {
  const reader = { membership, identity: cluster, self: SELF, verify: verifier.verify }
  const own = envelope(SELF, 'nullify', { view: 3 })
  assert.equal(unwrap(await readLastWords([own], reader)).length, 1)
  const forged = own.with(own.length - 1, (own.at(-1) ?? 0) ^ 1)
  for (const bytes of [forged, envelope(1, 'nullify', { view: 3 }), Uint8Array.of(1)]) {
    assert.equal(faultOf(await readLastWords([own, bytes], reader)).code, 'last-words.format')
  }
})
