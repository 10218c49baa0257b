import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { claimedInterval, claimedRegion } from '../../test/support/agreement-oracle.ts'
import { type Climate, simulateEpoch, type World } from '../../test/support/agreement-world.ts'
import { below, pick } from '../../test/support/chance.ts'
import { compare } from '../core/integer.ts'
import { contains, type Interval } from '../core/interval.ts'
import { createPrng, type Prng } from '../core/prng.ts'
import { agree } from './agreement.ts'
import { observe } from './behaviour/observe.ts'
import { quorumOf } from './membership.ts'
import type { Frame, Outcome } from './outcome.ts'
import { selfComputedRegion } from './self-computed.ts'
import { type ClusterState, initialState, nextState } from './state.ts'

const AGES_NS = [20_000_000n, 1_000_000_000n, 10_000_000_000n]
const WAYS_NS = [5_000n, 50_000n, 1_000_000n]
const RATES_PPB = [[5n], [200n], [50_000n], [1n, 5n, 200n, 50_000n]]

function anyClimate(prng: Prng, n: number): Climate {
  return {
    n,
    boundExponentMax: 1 + prng.nextBelow(8),
    ratesPpb: pick(prng, RATES_PPB),
    ageNsMax: pick(prng, AGES_NS),
    wayNsMax: pick(prng, WAYS_NS),
    worstRates: prng.nextBelow(2) === 0,
    wrong: quorumOf(n).f,
    gaps: prng.nextBelow(3) > 0,
    ranged: 'ranging-clocks',
    relock: prng.nextBelow(2) === 0,
  }
}

function anyState(prng: Prng, world: World): ClusterState {
  const reputationPpm = world.membership.members.map(() => pick(prng, [0, 10_000, 500_000, 1_000_000]))
  return { ...initialState(world.membership), reputationPpm }
}

function agreed(world: World, parent = initialState(world.membership)): Outcome {
  const result = agree(world.listed, world.membership, parent, 1)
  assert.ok(result.ok, result.ok ? '' : result.fault.message)
  return result.value
}

/** Everything that is promised of one frame in which rows are right. Returns whether it has a region. */
function assertFrame(world: World, frame: Frame, where: string): boolean {
  const quorum = quorumOf(world.membership.members.length)
  const observer = world.listed.find(({ member }) => member === frame.member)!
  const { region } = frame
  assert.deepEqual(region && { lo: region.lo, hi: region.hi }, claimedRegion(observer, world.listed, quorum), where)
  // Enough intervals are all that it takes: the right ones among them overlap at the truth.
  assert.equal(region !== undefined, frame.intervals >= quorum.q, where)
  if (region === undefined) return false
  const truth = world.truth[frame.member]!
  assert.ok(contains(region, truth), `${where}: ${truth} is outside [${region.lo}, ${region.hi}]`)
  assert.ok(contains(region, region.point), where)
  const right: Interval[] = world.listed
    .filter(({ member }) => world.honest.has(member))
    .flatMap((peer) => claimedInterval(observer, peer) ?? [])
  assert.ok(
    right.some(({ lo }) => lo <= region.lo) && right.some(({ hi }) => region.hi <= hi),
    `${where}: outside the hull of the honest`,
  )
  const widths = right.map(({ lo, hi }) => hi - lo).sort(compare)
  const promised = widths[quorum.f]!
  assert.ok(region.hi - truth <= promised && truth - region.lo <= promised, `${where}: farther than promised`)
  return true
}

/** Runs agreements of one size until `frames` frames were checked, and returns how many of them had a region. */
function campaign(n: number, frames: number, seed: number): { readonly checked: number; readonly certified: number } {
  const prng = createPrng(seed)
  let checked = 0
  let certified = 0
  for (let epoch = 0; checked < frames; epoch++) {
    const world = simulateEpoch(prng, anyClimate(prng, n))
    const outcome = agreed(world, anyState(prng, world))
    for (const frame of outcome.frames) {
      if (!world.observers.has(frame.member)) continue
      checked += 1
      if (assertFrame(world, frame, `n ${n}, seed ${seed}, epoch ${epoch}, frame ${frame.member}`)) certified += 1
    }
    const slandered = outcome.outliers.filter((member) => world.honest.has(member))
    assert.deepEqual(slandered, [], `n ${n}, seed ${seed}, epoch ${epoch}: honest outliers`)
  }
  return { checked, certified }
}

for (const [n, frames] of [
  [1, 500],
  [2, 2_000],
  [3, 3_000],
  [4, 8_000],
  [5, 4_000],
  [6, 4_000],
  [7, 6_000],
  [8, 4_000],
  [9, 4_000],
  [10, 6_000],
  [31, 4_000],
] as const) {
  test(`n = ${n}: the truth is in the region of every right member, whatever f others say`, (t: TestContext) => {
    const { checked, certified } = campaign(n, frames, 1_000 + n)
    t.diagnostic(`${checked} frames, ${certified} with a region`)
    assert.ok(checked >= frames && certified * 2 > checked, `expected most of ${checked} frames to have a region`)
  })
}

test('a right member that the leader left out finds the truth by itself', (t: TestContext) => {
  const prng = createPrng(21)
  let found = 0
  for (let epoch = 0; epoch < 800; epoch++) {
    const world = simulateEpoch(prng, { ...anyClimate(prng, 7), gaps: true })
    for (const { member, proposal } of world.unlisted) {
      if (!world.observers.has(member)) continue
      const own = { member, reading: proposal, ranging: proposal.ranging }
      const region = selfComputedRegion(world.listed, own, world.membership)
      if (!region.ok) assert.equal(region.fault.code, 'agreement.intervals')
      else assert.ok(contains(region.value, world.truth[member]!), `epoch ${epoch}, member ${member}`)
      if (region.ok) found += 1
    }
  }
  t.diagnostic(`${found} regions`)
  assert.ok(found > 200, `expected more than 200 regions, got ${found}`)
})

/** How many frames of honest members in a climate lose the truth, by a rule for the region. */
function losses(
  climate: Climate,
  epochs: number,
  regionOf: (world: World, member: number) => Interval | undefined,
): { readonly lost: number; readonly frames: number } {
  const prng = createPrng(77)
  let lost = 0
  let frames = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    const world = simulateEpoch(prng, climate)
    for (const { member } of world.listed) {
      const region = world.observers.has(member) ? regionOf(world, member) : undefined
      if (region === undefined) continue
      frames += 1
      if (!contains(region, world.truth[member]!)) lost += 1
    }
  }
  return { lost, frames }
}

function certifiedRegion(world: World, member: number): Interval | undefined {
  return agreed(world).frames.find((frame) => frame.member === member)?.region
}

const CALM: Climate = {
  n: 4,
  boundExponentMax: 2,
  ratesPpb: [200n, 50_000n],
  ageNsMax: 10_000_000_000n,
  wayNsMax: 5_000n,
  worstRates: true,
  wrong: 1,
  gaps: false,
  ranged: 'ranging-clocks',
  relock: false,
}

test('the simulation is sharp enough to show what ageing by one oscillator alone would lose', (t: TestContext) => {
  for (const ageing of ['observer', 'peer'] as const) {
    const { lost, frames } = losses(CALM, 150, (world, member) => {
      const observer = world.listed.find((listed) => listed.member === member)!
      return claimedRegion(observer, world.listed, quorumOf(CALM.n), ageing)
    })
    t.diagnostic(`ageing by the ${ageing} alone: the truth is lost in ${lost} of ${frames} frames`)
    assert.ok(lost * 20 > frames, `${lost} of ${frames}`)
  }
  const both = losses(CALM, 150, certifiedRegion)
  assert.deepEqual([both.lost, both.frames > 300], [0, true])
})

test('the simulation is sharp enough to show what ranging node clocks would lose in a re-lock', (t: TestContext) => {
  const climate: Climate = { ...CALM, boundExponentMax: 6, ratesPpb: [5n], ageNsMax: 20_000_000n, relock: true }
  const { lost, frames } = losses({ ...climate, ranged: 'node-clocks' }, 150, certifiedRegion)
  t.diagnostic(`ranging node clocks: the truth is lost in ${lost} of ${frames} frames`)
  assert.ok(lost * 20 > frames, `${lost} of ${frames}`)
  const ranging = losses(climate, 150, certifiedRegion)
  assert.deepEqual([ranging.lost, ranging.frames > 300], [0, true])
})

test('the simulation is sharp enough to show what one wrong member more than f does', () => {
  const { lost } = losses({ ...CALM, wrong: 2 }, 150, certifiedRegion)
  assert.ok(lost > 0)
})

test('any order but that of the members is rejected, and the same input gives the same outcome', () => {
  const prng = createPrng(5)
  for (let epoch = 0; epoch < 50; epoch++) {
    const world = simulateEpoch(prng, anyClimate(prng, 7))
    assert.deepEqual(agreed(world), agreed(structuredClone(world)))
    const from = Number(below(prng, BigInt(world.listed.length - 1)))
    const swapped = world.listed.with(from, world.listed[from + 1]!).with(from + 1, world.listed[from]!)
    assert.equal(agree(swapped, world.membership, initialState(world.membership), 1).ok, false)
  }
})

test('over many blocks wrong members lose their reputation and right ones never do', () => {
  const prng = createPrng(11)
  const climate: Climate = { ...CALM, n: 7, wrong: 2, wayNsMax: 50_000n, boundExponentMax: 3 }
  const lowest = new Map<boolean, number>([
    [true, 1_000_000],
    [false, 1_000_000],
  ])
  let state: ClusterState | undefined
  for (let epoch = 0; epoch < 60; epoch++) {
    const world = simulateEpoch(prng, climate)
    const before: ClusterState = state ?? initialState(world.membership)
    const outcome = agreed(world, before)
    const listed = world.listed.map(({ member }) => member)
    const next = nextState(before, {
      leader: epoch % 7,
      listed,
      outcome,
      seen: observe(world.listed, outcome, world.membership, 1),
      convicted: [],
      decisionLeafHash: undefined,
    })
    for (const [member, ppm] of next.reputationPpm.entries()) {
      const right = world.honest.has(member)
      if (right) assert.ok(ppm >= before.reputationPpm[member]!, `epoch ${epoch}: member ${member} was right and lost`)
      lowest.set(right, Math.min(lowest.get(right) ?? ppm, ppm))
    }
    state = next
  }
  assert.ok(lowest.get(false)! < 500_000)
})
