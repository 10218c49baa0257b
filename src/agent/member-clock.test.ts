import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createReplicaCluster, type ReplicaCluster, START_TAI } from '../../test/support/replica-cluster.ts'
import type { Block } from '../consensus/block.ts'
import { epochMarkTai } from '../consensus/replica/epoch-schedule.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../core/time.ts'
import { createNodeClock } from '../fusion/node-clock.ts'
import { createRangingClock } from '../fusion/ranging-clock.ts'
import type { AgentEvent } from './agent-event.ts'
import { createMemberClock, type MemberClock } from './member-clock.ts'

/** In the virtual cluster the ranging clock of member 0 is its local oscillator, and so it is of the clock tested here. */
const SELF = 0

let cluster: ReplicaCluster
let blocks: readonly Block[]

before(async () => {
  cluster = createReplicaCluster({ n: 4, seed: 5 })
  await cluster.run(5_500_000_000n)
  blocks = (cluster.nodes[SELF]?.commits ?? []).map(({ block }) => block)
  assert.ok(blocks.length >= 3, `expected several decisions, got ${blocks.length}`)
})

/** A member without instruments, so that everything it serves comes from certificates. */
function setUp(): { readonly clock: MemberClock; readonly events: AgentEvent[] } {
  const events: AgentEvent[] = []
  const clock = createMemberClock({
    self: SELF,
    membership: cluster.membership,
    nodeClock: createNodeClock({ oscillator: 'crystal', sources: [] }),
    rangingClock: createRangingClock(new Uint8Array(16).fill(SELF + 1), 200n, monoNs(0n)),
    leapTable: EMBEDDED_LEAP_TABLE,
    report: (event) => events.push(event),
    start: monoNs(0n),
    floorPpb: 200n,
  })
  return { clock, events }
}

function truth(at: MonoNs): TaiNs {
  return plus(START_TAI, at)
}

function markOf(block: Block): MonoNs {
  return monoNs(epochMarkTai(cluster.membership, block.epoch) - START_TAI)
}

function blockAt(index: number): Block {
  const block = blocks.at(index)
  assert.ok(block !== undefined)
  return block
}

function follow(clock: MemberClock, block: Block, at: MonoNs) {
  const { replica } = cluster.nodes[SELF] ?? {}
  assert.ok(replica !== undefined)
  return clock.follow(block, replica, at)
}

test('nothing is served and no epoch is known before there is a bootstrap or a certificate', () => {
  const { clock } = setUp()
  const now = monoNs(NS_PER_SECOND)
  assert.equal(clock.served(now), undefined)
  assert.equal(clock.epochClock(now), undefined)
  assert.equal(clock.isAdrift(now), false)
  assert.equal(clock.reading(now).nodeClock, undefined)
})

test('a bootstrap numbers epochs and serves no time', () => {
  const { clock } = setUp()
  clock.bootstrap(taiNs(7_000n), monoNs(1_000n))
  assert.deepEqual(clock.epochClock(monoNs(1_500n)), { monoNs: 1_500n, taiNs: 7_500n, ratePpb: 0n })
  assert.equal(clock.served(monoNs(1_500n)), undefined)
})

test('a certificate is served from the mark at which this member had measured, and the truth is in it', () => {
  const { clock } = setUp()
  const block = blockAt(-1)
  const mark = markOf(block)
  const measured = clock.measure(block.epoch, mark, [], [])
  assert.equal(measured.rangingNs, mark)
  const now = plus(mark, 80_000_000n)
  assert.equal(follow(clock, block, now)?.monoNs, mark)
  const served = clock.served(now)
  assert.ok(served !== undefined)
  assert.equal(served.origin, 'certified')
  const { lo, hi } = served.interval
  assert.ok(lo <= truth(now) && truth(now) <= hi, `${truth(now)} in [${lo}, ${hi}]`)
  assert.ok(served.boundNs < 100_000n, `bound ${served.boundNs} ns`)
  const errorNs = served.taiNs - truth(now)
  assert.ok((errorNs < 0n ? -errorNs : errorNs) <= served.boundNs)
  assert.equal(clock.epochClock(now)?.taiNs, served.targetTaiNs)
  assert.equal(clock.isAdrift(now), false)
})

test('a change of the membership moves no clock, and what is certified after it goes by the own new id', () => {
  const { clock } = setUp()
  const [older, newer] = [blockAt(-2), blockAt(-1)]
  clock.measure(older.epoch, markOf(older), [], [])
  const now = plus(markOf(older), 80_000_000n)
  follow(clock, older, now)
  const before = clock.served(now)
  assert.equal(before?.origin, 'certified')
  clock.enterSession(1, cluster.membership)
  assert.deepEqual(clock.served(now), before)
  // The marks of the old session are gone, and a block of it steers no more.
  assert.equal(follow(clock, older, now), undefined)
  assert.deepEqual(clock.served(now), before)
  clock.measure(newer.epoch, markOf(newer), [], [])
  assert.equal(follow(clock, newer, plus(markOf(newer), 80_000_000n))?.epoch, newer.epoch)
})

test('a new era numbers its epochs anew, and its certificates are followed', () => {
  const { clock } = setUp()
  const [older, newer] = [blockAt(-2), blockAt(-1)]
  clock.measure(newer.epoch, markOf(newer), [], [])
  follow(clock, newer, plus(markOf(newer), 80_000_000n))
  clock.enterSession(SELF, { ...cluster.membership, era: cluster.membership.era + 1 })
  clock.measure(older.epoch, markOf(older), [], [])
  follow(clock, older, plus(markOf(newer), 90_000_000n))
  assert.equal(clock.steered()?.mark.epoch, older.epoch)
})

test('a certificate of an epoch for which this member took no mark does not steer', () => {
  const { clock } = setUp()
  const block = blockAt(-1)
  const now = plus(markOf(block), 80_000_000n)
  assert.equal(follow(clock, block, now), undefined)
  assert.equal(clock.served(now), undefined)
})

test('an older block that comes late changes nothing, but its mark is known', () => {
  const { clock } = setUp()
  const [older, newer] = [blockAt(-2), blockAt(-1)]
  for (const block of [older, newer]) clock.measure(block.epoch, markOf(block), [], [])
  const now = plus(markOf(newer), 80_000_000n)
  follow(clock, newer, now)
  const before = clock.served(now)
  assert.equal(follow(clock, older, now)?.epoch, older.epoch)
  assert.deepEqual(clock.served(now), before)
})

test('without certificates for long the clock is adrift, and epochs are still numbered from what was certified last', () => {
  const { clock } = setUp()
  clock.bootstrap(taiNs(0n), monoNs(0n))
  const block = blockAt(-1)
  clock.measure(block.epoch, markOf(block), [], [])
  const followed = plus(markOf(block), 80_000_000n)
  follow(clock, block, followed)
  assert.ok(clock.epochClock(followed) !== undefined)
  const later = plus(markOf(block), 11n * NS_PER_SECOND)
  assert.equal(clock.isAdrift(later), true)
  assert.equal(clock.served(later), undefined)
  const numbered = clock.epochClock(later)
  assert.ok(numbered !== undefined)
  const errorNs = numbered.taiNs - truth(later)
  assert.ok((errorNs < 0n ? -errorNs : errorNs) < 1_000_000n, `${errorNs} ns`)
})

test('a change of mode is told once', () => {
  const { clock, events } = setUp()
  for (const at of [1n, 2n, 3n]) clock.node(monoNs(at))
  assert.deepEqual(events, [{ type: 'mode', mode: 'acquiring', boundNs: undefined }])
})
