import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEntry, sampleReading } from '../../test/support/proposals.ts'
import { unwrap } from '../../test/support/results.ts'
import { createSigningMembers } from '../../test/support/signing-members.ts'
import { decodeEnvelope, type SignedMessage } from '../consensus/messages.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { plus, rangingNs, taiNs } from '../core/time.ts'
import { createNodeClock } from '../fusion/node-clock.ts'
import { createRangingClock } from '../fusion/ranging-clock.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { AgentEvent } from './agent-event.ts'
import { createHelloExchange } from './hello-exchange.ts'
import { createMemberClock } from './member-clock.ts'

const { membership, cluster, members, envelope } = createSigningMembers(4)
/** What the peers' clocks are ahead of the oscillator that all share here. */
const TAI_AHEAD_NS = 1_000_000_000_000n

/** Member 0, without instruments, whose ranging clock is the oscillator itself; it ranges the others exactly. */
function setUp() {
  const events: AgentEvent[] = []
  const sent: { readonly to: number | 'all'; readonly hello: SignedMessage<'hello'>['body'] }[] = []
  const start = readMonoNs()
  const clock = createMemberClock({
    self: 0,
    membership,
    nodeClock: createNodeClock({ oscillator: 'crystal', sources: [] }),
    rangingClock: createRangingClock(new Uint8Array(16), 200n, start),
    leapTable: EMBEDDED_LEAP_TABLE,
    report: (event) => events.push(event),
    start,
    floorPpb: 200n,
  })
  const signer = members[0]?.signer
  assert.ok(signer !== undefined)
  const found = Promise.withResolvers<void>()
  const exchange = createHelloExchange({
    membership,
    cluster,
    self: 0,
    bootCount: 3,
    signer,
    clock,
    row: () => [1, 2, 3].map((peer) => sampleEntry(peer, 0n, 5n)),
    views: () => ({ view: 12, finalizedView: 11 }),
    send: (to, bytes) => {
      const message = unwrap(decodeEnvelope(bytes))
      assert.ok(message.type === 'hello' && message.header.bootCount === 3)
      sent.push({ to, hello: message.body })
    },
    found: found.resolve,
    alive: () => undefined,
    report: (event) => events.push(event),
  })
  return { exchange, clock, events, sent, found: found.promise }
}

function helloOf(member: number, answerWanted: boolean): SignedMessage<'hello'> {
  const now = readMonoNs()
  const clock = {
    ...sampleReading(member, 0n, { tai: now + TAI_AHEAD_NS, bound: 100n }),
    rangingNs: rangingNs(now),
  }
  const message = unwrap(
    decodeEnvelope(envelope(member, 'hello', { era: 1, clock, view: 1, finalizedView: 0, answerWanted })),
  )
  assert.ok(message.type === 'hello')
  return message
}

test('a member that does not know the epoch asks all, says what it waits for, and finds it with a quorum', async () => {
  const { exchange, clock, events, sent, found } = setUp()
  exchange.start()
  try {
    assert.deepEqual(
      sent.map(({ to, hello }) => [to, hello.answerWanted, hello.view, hello.finalizedView]),
      [['all', true, 12, 11]],
    )
    assert.equal(clock.epochClock(readMonoNs()), undefined)
    for (const member of [1, 2, 3]) exchange.heard(helloOf(member, false))
    await found
    const now = readMonoNs()
    const numbered = clock.epochClock(now)
    assert.ok(numbered !== undefined)
    const errorNs = numbered.taiNs - plus(taiNs(now), TAI_AHEAD_NS)
    assert.ok((errorNs < 0n ? -errorNs : errorNs) < 1_000_000n, `${errorNs} ns`)
    const states = events.flatMap((event) => (event.type === 'epoch-clock' ? [`${event.state}: ${event.reason}`] : []))
    assert.match(states[0] ?? '', /^waiting: expected intervals of at least 3 members, got 0 \(itself: no node clock, /)
    assert.equal(states.at(-1), 'set: the clocks of a quorum agree')
    assert.equal(sent.at(-1)?.hello.answerWanted, false)
  } finally {
    exchange.stop()
  }
})

test('a peer that asks is answered, alone, and not faster than it can be of use', () => {
  const { exchange, sent } = setUp()
  // Signed before, so that they come at once.
  const hellos = [...Array.from({ length: 5 }, () => helloOf(2, true)), helloOf(1, false), helloOf(3, true)]
  for (const hello of hellos) exchange.heard(hello)
  assert.deepEqual(
    sent.map(({ to, hello }) => [to, hello.answerWanted]),
    [
      [2, false],
      [3, false],
    ],
  )
})
