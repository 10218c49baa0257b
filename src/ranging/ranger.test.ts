import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { driftNs, max } from '../core/integer.ts'
import { createPrng, type Prng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import { monoNs, rangingNs } from '../core/time.ts'
import { PACKET_BYTES } from './packet.ts'
import type { Mac, RangingKeys } from './packet-key.ts'
import type { RangingAction } from './ranger.ts'
import { createRanging, type Ranging } from './ranger.ts'
import type { RangingClock } from './stamp.ts'
import {
  below,
  createTimeline,
  createTrueClocks,
  missedBy,
  type Timeline,
  type TrueClocks,
} from './virtual-time-fixture.ts'

const mac: Mac = (key, bytes) => createHmac('sha256', key).update(bytes).digest()
const MS = 1_000_000n
const NODES = [0, 1, 2]

/** How hostile the surroundings of the three nodes are. */
interface Surroundings {
  readonly seed: number
  /** ρ of each node. */
  readonly ratePpb: readonly bigint[]
  /** Each direction of each link has its own delay up to the first, and each packet up to the second on top. */
  readonly pathNsMax: bigint
  readonly jitterNsMax: bigint
  /** How long a packet waits between the decision to send it and its transmit stamp. */
  readonly holdNsMax: bigint
  readonly stampErrorNs: bigint
  /** How much of the traffic meets with each mischief. */
  readonly mischief: number
}

const surroundings: fc.Arbitrary<Surroundings> = fc.record({
  seed: fc.integer(),
  ratePpb: fc.tuple(...NODES.map(() => fc.constantFrom(0n, 200n, 50_000n))),
  pathNsMax: fc.constantFrom(0n, 1_000n, 300_000n, 40n * MS),
  jitterNsMax: fc.constantFrom(0n, 500n, 100_000n, 60n * MS),
  holdNsMax: fc.constantFrom(0n, 20_000n, 30n * MS),
  stampErrorNs: fc.constantFrom(0n, 1n, 700n),
  mischief: fc.constantFrom(0, 0.02, 0.1),
})

interface World {
  readonly around: Surroundings
  readonly prng: Prng
  readonly timeline: Timeline
  readonly nodes: readonly { readonly ranging: Ranging; readonly clocks: TrueClocks }[]
  readonly tally: Tally
}

interface Tally {
  samples: number
  entries: number
  sessions: number
}

function createWorld(around: Surroundings, tally: Tally): World {
  const prng = createPrng(around.seed)
  const limits = { requestPeriodNs: 20n * MS, answersPerSecond: 1_000, answersBurst: 100 }
  const nodes = NODES.map((self) => ({
    ranging: createRanging({ self, peers: NODES.filter((id) => id !== self), mac, prng, limits }),
    clocks: createTrueClocks(self, around.ratePpb[self]!, prng),
  }))
  return { around, prng, timeline: createTimeline(), nodes, tally }
}

/** Delivers packets late, out of order, twice, much later, broken, cut short, or not at all. */
function createNetwork(
  { around, prng, timeline }: World,
  deliver: (to: number, bytes: Uint8Array, at: bigint) => void,
) {
  const paths = NODES.map(() => NODES.map(() => below(around.pathNsMax, prng)))
  const captured: { readonly to: number; readonly bytes: Uint8Array }[] = []
  const meets = () => prng.nextUnit() < around.mischief
  return (from: number, to: number, bytes: Uint8Array, at: bigint): void => {
    const arrive = (to: number, bytes: Uint8Array, at: bigint) => timeline.schedule(at, (at) => deliver(to, bytes, at))
    const arrivesAt = at + paths[from]![to]! + below(around.jitterNsMax, prng)
    captured[prng.nextBelow(64)] = { to, bytes }
    const old = captured[prng.nextBelow(64)]
    if (meets() && old !== undefined) arrive(old.to, old.bytes, arrivesAt)
    if (meets()) arrive(to, bytes, arrivesAt + below(3_000n * MS, prng))
    if (meets()) arrive(to, bytes.subarray(0, prng.nextBelow(bytes.length)), arrivesAt)
    if (meets()) {
      const broken = Uint8Array.from(bytes)
      broken[prng.nextBelow(bytes.length)]! ^= 1 << prng.nextBelow(8)
      arrive(to, broken, arrivesAt)
    }
    if (!meets()) arrive(to, bytes, arrivesAt)
  }
}

/** Puts the nodes to work: requests, responses, transmit stamps that are told at once or long after the packet arrived. */
function startTraffic(world: World): void {
  const { around, prng, timeline, nodes } = world
  const transmit = createNetwork(world, (to, bytes, at) => {
    const { ranging, clocks } = nodes[to]!
    carryOut(to, ranging.receive(bytes, clocks.stamp(at, around.stampErrorNs), clocks.clock()), at)
  })
  const carryOut = (self: number, actions: readonly RangingAction[], at: bigint): void => {
    const { ranging, clocks } = nodes[self]!
    for (const action of actions) {
      if (action.type === 'sample') checkSample(world, self, action, at)
      if (action.type !== 'send') continue
      timeline.schedule(at + below(around.holdNsMax, prng), (leftAt) => {
        const left = clocks.stamp(leftAt, around.stampErrorNs)
        const toldAt = leftAt + (prng.nextBelow(2) === 0 ? 0n : below(15n * MS, prng))
        timeline.schedule(toldAt, (at) => carryOut(self, ranging.sent(action.token, left, clocks.clock()), at))
        transmit(self, action.peer, action.bytes, leftAt)
      })
    }
  }
  const wake = (self: number, at: bigint): void => {
    const { ranging, clocks } = nodes[self]!
    carryOut(self, ranging.wake(clocks.mono(at), clocks.clock()), at)
    const waitNs = (ranging.nextWakeAt() ?? 0n) - clocks.mono(at)
    timeline.schedule(at + max(MS, waitNs), (at) => wake(self, at))
  }
  for (const self of NODES) timeline.schedule(0n, (at) => wake(self, at))
}

/** Something happens at `first`, and again after each time of `minNs` to `maxNs`. */
function repeat(world: World, first: bigint, minNs: bigint, maxNs: bigint, run: (at: bigint) => void): void {
  world.timeline.schedule(first, (at) => {
    run(at)
    repeat(world, at + minNs + below(maxNs - minNs, world.prng), minNs, maxNs, run)
  })
}

function checkSample(
  { nodes, tally }: World,
  self: number,
  action: RangingAction & { type: 'sample' },
  near: bigint,
): void {
  const { peer, sample } = action
  const at = nodes[self]!.clocks.whenShown(sample.at, sample.own.segment, near)
  const own = nodes[self]!.clocks.exactAt(at, sample.own.segment)
  const missed = missedBy(nodes[peer]!.clocks.exactAt(at, sample.peer.segment), own, sample.phiNs, sample.uncertaintyNs)
  assert.ok(missed <= 0n, `sample of ${self} about ${peer}: outside ± ${sample.uncertaintyNs} ns by ${missed}e-9 ns`)
  tally.samples += 1
}

/** Reads a row as a proposal does, now and then for a mark that lies a little back. */
function checkRow({ around, prng, nodes, tally }: World, self: number, at: bigint): void {
  const { ranging, clocks } = nodes[self]!
  const markAt = prng.nextBelow(4) === 0 ? max(0n, at - below(20n * MS, prng)) : at
  for (const entry of ranging.row(clocks.mono(markAt), clocks.clock())) {
    const widthNs = entry.uncertaintyNs + driftNs(entry.ageNs, around.ratePpb[self]! + around.ratePpb[entry.peer]!)
    const own = clocks.exactAt(markAt, clocks.clock().segment)
    const missed = missedBy(nodes[entry.peer]!.clocks.exactAt(markAt, entry.segment), own, entry.phiNs, widthNs)
    assert.ok(missed <= 0n, `entry of ${self} about ${entry.peer}: outside ± ${widthNs} ns by ${missed}e-9 ns`)
    tally.entries += 1
  }
}

function startSessions(world: World): void {
  const { nodes, prng, tally } = world
  const key = () => Uint8Array.from({ length: 32 }, () => prng.nextBelow(256))
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    repeat(world, 0n, 300n * MS, 6_000n * MS, (at) => {
      const [up, down] = [key(), key()]
      nodes[a]!.ranging.setKeys(b, { send: up, receive: down }, nodes[a]!.clocks.mono(at))
      nodes[b]!.ranging.setKeys(a, { send: down, receive: up }, nodes[b]!.clocks.mono(at))
      tally.sessions += 1
    })
  }
}

test('no sample and no entry misses the truth, whatever the network, the oscillators and the segments do', (t) => {
  const tally: Tally = { samples: 0, entries: 0, sessions: 0 }
  const runUntilSampled = (around: Surroundings): void => {
    const world = createWorld(around, tally)
    startSessions(world)
    startTraffic(world)
    for (const self of NODES) {
      repeat(world, 0n, 5n * MS, 45n * MS, (at) => checkRow(world, self, at))
      repeat(world, 700n * MS, 500n * MS, 3_500n * MS, () => world.nodes[self]!.clocks.resegment())
    }
    const enough = tally.samples + 500
    while (tally.samples < enough) world.timeline.step()
  }
  fc.assert(fc.property(surroundings, runUntilSampled), { numRuns: 101 })
  t.diagnostic(`${tally.samples} samples and ${tally.entries} entries held, over ${tally.sessions} sessions`)
  assert.ok(tally.samples >= 50_000 && tally.entries >= 25_000)
})

const clock: RangingClock = { bootId: new Uint8Array(16), segment: 0, boundPpb: 0n, at: (mono) => rangingNs(mono) }
const stampAt = (ns: bigint): Stamp => ({ at: monoNs(ns), errorNs: 0n, kind: 'user' })
const keys = (send: number, receive: number): RangingKeys => {
  return { send: new Uint8Array(32).fill(send), receive: new Uint8Array(32).fill(receive) }
}
const rangingOf = (self: number, peers: readonly number[]) =>
  createRanging({ self, peers, mac, prng: createPrng(self) })
const sendsOf = (actions: readonly RangingAction[]) =>
  actions.flatMap((action) => (action.type === 'send' ? [action] : []))

test('each peer with a session is asked when its request is due, and nobody else is', () => {
  const ranging = rangingOf(0, [2, 1])
  assert.equal(ranging.nextWakeAt(), undefined)
  assert.deepEqual(ranging.wake(monoNs(0n), clock), [])
  ranging.setKeys(2, keys(1, 2), monoNs(0n))
  const dueAt = ranging.nextWakeAt()!
  assert.deepEqual(ranging.wake(monoNs(dueAt - 1n), clock), [])
  assert.deepEqual(
    sendsOf(ranging.wake(dueAt, clock)).map((send) => [send.peer, send.bytes.length]),
    [[2, PACKET_BYTES]],
  )
  ranging.dropKeys(2)
  assert.equal(ranging.nextWakeAt(), undefined)
  assert.deepEqual(
    ranging.links(dueAt).map((link) => [link.peer, link.up, link.lossPpm]),
    [
      [1, false, 0],
      [2, false, 1_000_000],
    ],
  )
})

test('what was measured outlives the session; a transmit stamp of an ended session is ignored', () => {
  const [asking, answering] = [rangingOf(0, [1]), rangingOf(1, [0])]
  const peerClock = { ...clock, bootId: new Uint8Array(16).fill(1) }
  const exchangeAt = (ns: bigint) => {
    const [request] = sendsOf(asking.wake(monoNs(ns), clock))
    asking.sent(request!.token, stampAt(ns), clock)
    const [response] = sendsOf(answering.receive(request!.bytes, stampAt(ns + 10n), peerClock))
    answering.sent(response!.token, stampAt(ns + 20n), peerClock)
    asking.receive(response!.bytes, stampAt(ns + 30n), clock)
    return request!.token
  }
  asking.setKeys(1, keys(1, 2), monoNs(0n))
  answering.setKeys(0, keys(2, 1), monoNs(0n))
  const token = exchangeAt(1_000n * MS)
  exchangeAt(1_500n * MS)
  const now = monoNs(1_600n * MS)
  const report = { peer: 1, up: true, roundTripNs: 20n, roundTripNsMin: 20n, lossPpm: 0, stampKind: 'user' }
  assert.deepEqual(asking.links(now), [report])
  asking.dropKeys(1)
  assert.deepEqual(asking.links(now), [
    { ...report, up: false, roundTripNs: undefined, roundTripNsMin: undefined, stampKind: undefined },
  ])
  const entry = { peer: 1, bootId: peerClock.bootId, segment: 0, phiNs: 0n, uncertaintyNs: 12n, ageNs: 600n * MS - 29n }
  assert.deepEqual(asking.row(now, clock), [entry])

  asking.setKeys(1, keys(3, 4), now)
  answering.setKeys(0, keys(4, 3), now)
  const [request] = sendsOf(asking.wake(monoNs(2_000n * MS), clock))
  assert.deepEqual(request!.token.packet, token.packet)
  assert.deepEqual(asking.sent(token, stampAt(0n), clock), [])
  const [response] = sendsOf(answering.receive(request!.bytes, stampAt(2_000n * MS), peerClock))
  answering.sent(response!.token, stampAt(2_000n * MS), peerClock)
  asking.receive(response!.bytes, stampAt(2_001n * MS), clock)
  const [second] = sendsOf(asking.wake(monoNs(2_400n * MS), clock))
  const [told] = sendsOf(answering.receive(second!.bytes, stampAt(2_400n * MS), peerClock))
  // Had the old stamp been taken for t1 of the new request, its exchange would be complete now.
  assert.deepEqual(asking.receive(told!.bytes, stampAt(2_401n * MS), clock), [])
})

test('packets from strangers and without a session are counted and answered by nothing', () => {
  const [ranging, other, stranger] = [rangingOf(0, [1]), rangingOf(1, [0]), rangingOf(7, [0])]
  for (const sender of [other, stranger]) {
    sender.setKeys(0, keys(1, 2), monoNs(0n))
    const [request] = sendsOf(sender.wake(monoNs(1_000n * MS), clock))
    const actions = ranging.receive(request!.bytes, stampAt(0n), clock)
    assert.deepEqual(
      actions.map((action) => action.type === 'fault' && action.fault.code),
      ['ranging.sender'],
    )
  }
  ranging.receive(new Uint8Array(3), stampAt(0n), clock)
  assert.deepEqual(
    [...ranging.faultCounts()],
    [
      ['ranging.sender', 2],
      ['ranging.length', 1],
    ],
  )
})

test('one wake asks every peer, and the next one again', () => {
  const { clock } = createTrueClocks(0, 200n, createPrng(5))
  const ranging = createRanging({ self: 0, peers: [1, 2, 3], mac, prng: createPrng(5) })
  const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
  for (const peer of [1, 2, 3]) ranging.setKeys(peer, { send: key(peer), receive: key(10 + peer) }, monoNs(0n))
  let wakes = 0
  for (let at = ranging.nextWakeAt()!; at < 10_000n * MS; at = ranging.nextWakeAt()!) {
    wakes += 1
    assert.deepEqual(
      sendsOf(ranging.wake(at, clock())).map(({ peer }) => peer),
      [1, 2, 3],
    )
  }
  assert.ok(wakes > 37 && wakes < 43, `got ${wakes} rounds in ten seconds`)
})
