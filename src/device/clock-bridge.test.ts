import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { abs, max, min } from '../core/integer.ts'
import { type MonoNs, monoNs, type RealtimeNs, realtimeNs } from '../core/time.ts'
import { type ClockPair, readClockPair, readMonoNs, readRealtimeNs } from '../linux/clock.ts'
import { type ClockBridge, createClockBridge } from './clock-bridge.ts'

const EPOCH = 1_700_000_000_000_000_000n
const START = 5_000_000_000n
const POLL_NS = 20_000_000n

/** A realtime clock that runs `ratePpb` fast, changes to `laterPpb` at `turnAt`, and is set by `stepNs` at `stepAt`. */
interface World {
  readonly ratePpb: bigint
  readonly laterPpb: bigint
  readonly turnAt: bigint
  readonly stepAt: bigint
  readonly stepNs: bigint
}

const STEADY: World = { ratePpb: 20_000n, laterPpb: 20_000n, turnAt: 0n, stepAt: 0n, stepNs: 0n }

function show(world: World, at: bigint): RealtimeNs {
  const early = min(at, world.turnAt)
  const late = max(at - world.turnAt, 0n)
  const slewedNs = (early * world.ratePpb + late * world.laterPpb) / 1_000_000_000n
  return realtimeNs(EPOCH + at + slewedNs + (at >= world.stepAt ? world.stepNs : 0n))
}

/** A bridge that takes pairs 20 ms apart, the last of `pairs` with its first stamp, each reading inside its bracket. */
function bridgeOver(world: World, pairs: number, bracketNs: bigint, skew: (pair: number) => bigint): ClockBridge {
  let pair = 0
  const readPair = (): ClockPair => {
    const centre = START + BigInt(pair) * POLL_NS
    const readAt = centre - bracketNs / 2n + (skew(pair) % (bracketNs + 1n))
    pair += 1
    return { monoNs: monoNs(centre), shownNs: show(world, readAt), bracketNs }
  }
  const bridge = createClockBridge(readPair, 64)
  for (let refreshed = 2; refreshed < pairs; refreshed++) bridge.refresh()
  return bridge
}

const PAIRS = 30
const spanNs = BigInt(PAIRS - 1) * POLL_NS
const upTo = (sizeNs: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 50_000n, max: sizeNs })
const arbitraryInstant = fc.bigInt({ min: START - POLL_NS, max: START + spanNs })
/** Instants between the readings of the oldest and the newest pair: what happens outside the ring cannot know. */
const arbitraryKeptInstant = fc.bigInt({ min: START + 2_500n, max: START + spanNs - 2_500n })
const arbitraryRate = fc.bigInt({ min: -450_000n, max: 450_000n })
/** Steps that no slew explains, up to more than an hour. */
const arbitraryStep = fc
  .tuple(fc.constantFrom(-1n, 1n), fc.oneof(...[1_000_000n, 1_000_000_000n, 4_000_000_000_000n].map(upTo)))
  .map(([sign, sizeNs]) => sign * sizeNs)
const arbitraryBracket = fc.bigInt({ min: 0n, max: 5_000n })
const arbitrarySkews = fc.array(fc.bigInt({ min: 0n, max: 5_000n }), { minLength: PAIRS, maxLength: PAIRS })

function assertSound(bridge: ClockBridge, stamp: RealtimeNs, truth: MonoNs): boolean {
  const converted = bridge.toMono(stamp)
  if (!converted.ok) return false
  const { monoNs: at, uncertaintyNs } = converted.value
  // The clock of the test shows whole nanoseconds, so a stamp names its instant to 1 ns.
  assert.ok(abs(at - truth) <= uncertaintyNs + 1n, `${at - truth} ns off, promised ${uncertaintyNs}`)
  return true
}

test('a stamp between two pairs is placed within the uncertainty, whatever the slew', () => {
  fc.assert(
    fc.property(
      fc.record({ ratePpb: arbitraryRate, laterPpb: arbitraryRate, turnAt: arbitraryInstant }),
      fc.bigInt({ min: START, max: START + spanNs }),
      arbitraryBracket,
      arbitrarySkews,
      (slew, at, bracketNs, skews) => {
        const world = { ...STEADY, ...slew }
        const bridge = bridgeOver(world, PAIRS, bracketNs, (pair) => skews[pair] ?? 0n)
        const placed = assertSound(bridge, show(world, at), monoNs(at))
        const atTheEdge = at < START + bracketNs || at > START + spanNs - bracketNs
        assert.ok(placed || atTheEdge)
      },
    ),
  )
})

test('a clock that was set yields a fault or the right instant, never a wrong one', () => {
  let placed = 0
  let refused = 0
  fc.assert(
    fc.property(
      fc.record({ ratePpb: arbitraryRate, stepAt: arbitraryInstant, stepNs: arbitraryStep }),
      arbitraryKeptInstant,
      arbitraryBracket,
      arbitrarySkews,
      ({ ratePpb, stepAt, stepNs }, at, bracketNs, skews) => {
        const world = { ratePpb, laterPpb: ratePpb, turnAt: 0n, stepAt, stepNs }
        const bridge = bridgeOver(world, PAIRS, bracketNs, (pair) => skews[pair] ?? 0n)
        if (assertSound(bridge, show(world, at), monoNs(at))) placed += 1
        else refused += 1
      },
    ),
    { numRuns: 3_000 },
  )
  assert.ok(placed > 100 && refused > 100, `${placed} placed, ${refused} refused`)
})

test('a step too small to be told from a slew is covered by the uncertainty', () => {
  fc.assert(
    fc.property(
      fc.record({ stepAt: arbitraryInstant, stepNs: fc.bigInt({ min: -30_000n, max: 30_000n }) }),
      arbitraryKeptInstant,
      arbitraryBracket,
      arbitrarySkews,
      (step, at, bracketNs, skews) => {
        const world = { ...STEADY, ratePpb: 0n, laterPpb: 0n, ...step }
        const bridge = bridgeOver(world, PAIRS, bracketNs, (pair) => skews[pair] ?? 0n)
        assertSound(bridge, show(world, at), monoNs(at))
      },
    ),
    { numRuns: 1_000 },
  )
})

test('a steady rate costs nothing but brackets, however far the clock runs from the oscillator', () => {
  const world = { ...STEADY, ratePpb: 400_000n, laterPpb: 400_000n }
  const bridge = bridgeOver(world, PAIRS, 200n, () => 100n)
  const at = START + 10n * POLL_NS + 7_000_000n
  const converted = bridge.toMono(show(world, at))
  assert.ok(converted.ok)
  assert.ok(abs(converted.value.monoNs - at) <= 2n)
  assert.ok(converted.value.uncertaintyNs <= 510n, `${converted.value.uncertaintyNs}`)
})

test('a step is named, before it and after it, until the ring has forgotten it', () => {
  const world = { ...STEADY, stepAt: START + 10n * POLL_NS + 5_000_000n, stepNs: -15_000_000n }
  const bridge = bridgeOver(world, PAIRS, 200n, () => 100n)
  for (const at of [world.stepAt - 1_000_000n, world.stepAt, world.stepAt + 1_000_000n]) {
    const converted = bridge.toMono(show(world, at))
    assert.ok(!converted.ok && converted.fault.code === 'clock.realtime-stepped', `at ${at - world.stepAt}`)
  }
  assert.ok(bridge.toMono(show(world, world.stepAt + 200_000_000n)).ok)
})

test('a time that a step forward jumped over was never shown', () => {
  const world = { ...STEADY, stepAt: START + 10n * POLL_NS + 5_000_000n, stepNs: 3_600_000_000_000n }
  const bridge = bridgeOver(world, PAIRS, 200n, () => 100n)
  const skipped = bridge.toMono(realtimeNs(show(world, world.stepAt - 1n) + 1_800_000_000_000n))
  assert.ok(!skipped.ok && skipped.fault.code === 'clock.realtime-stepped')
})

test('a stamp of the future is refused until its time has passed', () => {
  const bridge = bridgeOver(STEADY, 3, 200n, () => 100n)
  const stamp = show(STEADY, START + 2n * POLL_NS + 3_000_000n)
  const early = bridge.toMono(stamp)
  assert.ok(!early.ok && early.fault.code === 'clock.stamp-too-new')
  assert.ok(bridge.toMono(stamp).ok)
})

test('a stamp older than the ring is refused, and so is any older than the first pair', () => {
  const old = bridgeOver(STEADY, 200, 200n, () => 100n).toMono(show(STEADY, START))
  assert.ok(!old.ok && old.fault.code === 'clock.stamp-too-old')
  const unborn = bridgeOver(STEADY, 2, 200n, () => 100n).toMono(show(STEADY, START - 1_000n))
  assert.ok(!unborn.ok && unborn.fault.code === 'clock.stamp-too-old')
})

test('a burst of stamps does not make the ring forget', () => {
  let at = START
  const bridge = createClockBridge(() => {
    at += 100_000n
    return { monoNs: monoNs(at), shownNs: show(STEADY, at), bracketNs: 200n }
  }, 64)
  const stamp = show(STEADY, START + 50_000_000n)
  for (let i = 0; i < 5_000; i++) bridge.toMono(stamp)
  assert.ok(assertSound(bridge, stamp, monoNs(START + 50_000_000n)))
})

test('two pairs in quick succession do not make what follows uncertain', () => {
  let pair = 0n
  let at = START
  const bridge = createClockBridge(() => {
    pair += 1n
    at += pair % 2n === 0n ? 30_000n : POLL_NS
    return { monoNs: monoNs(at), shownNs: show(STEADY, at), bracketNs: 200n }
  })
  for (let polls = 0; polls < 20; polls++) bridge.refresh()
  for (let stamps = 0; stamps < 20; stamps++) {
    const converted = bridge.toMono(show(STEADY, at - 15_000n))
    assert.ok(converted.ok && converted.value.uncertaintyNs <= 1_000n, converted.ok ? '' : converted.fault.message)
  }
})

test('a raw clock that goes back is a broken invariant', () => {
  const pairs = [10n, 9n].map((at) => ({ monoNs: monoNs(at), shownNs: realtimeNs(at), bracketNs: 0n }))
  const bridge = createClockBridge(() => pairs.shift() ?? readClockPair())
  assert.throws(() => bridge.refresh(), { name: 'InvariantError' })
})

test('on the clocks of this machine a stamp lands between raw readings taken around it', () => {
  const bridge = createClockBridge(readClockPair)
  const earliest = readMonoNs()
  const stamp = readRealtimeNs()
  const latest = readMonoNs()
  const converted = bridge.toMono(stamp)
  assert.ok(converted.ok, converted.ok ? '' : converted.fault.message)
  const { monoNs: at, uncertaintyNs } = converted.value
  assert.ok(at + uncertaintyNs >= earliest && at - uncertaintyNs <= latest)
})
