import { agree, type ListedProposal } from '../../src/consensus/agreement.ts'
import { nextBehaviour } from '../../src/consensus/behaviour/behaviour.ts'
import { type BehaviourState, initialBehaviour } from '../../src/consensus/behaviour/behaviour-state.ts'
import { type Observations, observe } from '../../src/consensus/behaviour/observe.ts'
import type { Membership } from '../../src/consensus/membership.ts'
import type { Outcome } from '../../src/consensus/outcome.ts'
import type { ClockMode, RangingEntry } from '../../src/consensus/proposal.ts'
import { epochMarkTai } from '../../src/consensus/replica/epoch-schedule.ts'
import { initialState } from '../../src/consensus/state.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { rangingNs, taiNs } from '../../src/core/time.ts'
import { sampleBoot, sampleMembership, sampleProposal } from './proposals.ts'

/**
 * A cluster over many epochs, as noisy as an honest one may be: GNSS noise of 20 ns on clocks that wander, re-lock,
 * hold over and restart inside their bounds; oscillators whose rates walk; ways of 5 µs to 1 ms there and back, drawn
 * apart, queues on them, bursts of congestion of up to three epochs at the access of one member, detours that come and
 * stay; samples of any age up to a second. What lies is added by the test. Everything is chance from one seed.
 */
export interface Lies {
  /** Added to a member's node clock, ns. */
  clockNs?(member: number, epoch: number): number
  /** Added to what `observer` finds when it ranges `member`, ns. */
  shownNs?(member: number, observer: number, epoch: number): number
  /** Added to a member's own row about `peer`, ns. */
  rowNs?(member: number, peer: number, epoch: number): number
  /** Added to the way from `observer` to `member`, ns. */
  heldNs?(member: number, observer: number, epoch: number): number
  /** A member's bound in the place of its own, ns. */
  boundNs?(member: number, epoch: number): number | undefined
}

export interface WorldOptions {
  readonly n: number
  readonly seed: number
  readonly epochs: number
  readonly lies?: Lies
  /** Members whose hardware is of a lower class: a bound of 50 µs while locked. */
  readonly weak?: readonly number[]
}

export interface WatchedEpoch {
  readonly epoch: number
  readonly listed: readonly ListedProposal[]
  readonly outcome: Outcome
  readonly seen: Observations
  readonly behaviour: BehaviourState
}

const TARGET_NS = 1_000n
const BOUND_NS = 200
const WEAK_BOUND_NS = 50_000
const RATE_PPB = 200
const GNSS_NOISE_NS = 20
const QUEUE_NS = 2_000
const STAMP_NS = 100

interface Clock {
  /** N − T, ns. */
  errorNs: number
  /** What of the error is not noise. */
  slowNs: number
  boundNs: number
  mode: ClockMode
  /** Epochs of holdover, of absence that are still to come. */
  holdover: number
  away: number
  boot: number
  readonly lockedBoundNs: number
  /** R − T at this epoch's nominal mark, beside a constant, and its rate. */
  phaseNs: number
  ratePpb: number
  /** R's constant. */
  readonly baseNs: bigint
  /** This epoch's mark is so late. */
  lateNs: number
  /** Congestion at its access: for so many epochs, one way so much longer. */
  burst: number
  burstInNs: number
  burstOutNs: number
  /** What a detour has added to its access for good. */
  detourInNs: number
}

export function* watchWorld(options: WorldOptions): Generator<WatchedEpoch> {
  const { n, epochs, seed } = options
  const prng = createPrng(seed)
  const membership = sampleMembership(n, { targetPrecisionNs: TARGET_NS, acceptSingleDomain: ['gnss'] })
  const clocks = Array.from({ length: n }, (_, member) => startClock(prng, options.weak?.includes(member) ?? false))
  const ways = Array.from({ length: n * n }, () => 5_000 * 200 ** prng.nextUnit())
  const state = initialState(membership)
  let behaviour = initialBehaviour
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const clock of clocks) stepClock(prng, clock)
    const listed = propose(prng, membership, clocks, ways, epoch, options.lies ?? {})
    // Fewer than that make no block.
    if (listed.length < n - Math.floor((n - 1) / 3)) continue
    const outcome = agree(listed, membership, state, epoch)
    if (!outcome.ok) throw new Error(outcome.fault.message)
    const seen = observe(listed, outcome.value, membership, epoch)
    behaviour = nextBehaviour(behaviour, seen, epoch, [])
    yield { epoch, listed, outcome: outcome.value, seen, behaviour }
  }
}

function startClock(prng: Prng, weak: boolean): Clock {
  const lockedBoundNs = weak ? WEAK_BOUND_NS : BOUND_NS
  return {
    errorNs: 0,
    slowNs: spread(prng, lockedBoundNs - 4 * GNSS_NOISE_NS),
    boundNs: lockedBoundNs,
    mode: 'locked',
    holdover: 0,
    away: 0,
    boot: prng.nextBelow(200),
    lockedBoundNs,
    phaseNs: 0,
    ratePpb: spread(prng, RATE_PPB * 0.9),
    baseNs: BigInt(prng.nextUint32()) * 1_000_000n,
    lateNs: 0,
    burst: 0,
    burstInNs: 0,
    burstOutNs: 0,
    detourInNs: 0,
  }
}

function stepClock(prng: Prng, clock: Clock): void {
  clock.phaseNs += clock.ratePpb
  clock.ratePpb = limited(clock.ratePpb + prng.nextNormal() * 0.5, RATE_PPB * 0.9)
  clock.lateNs = Math.round(prng.nextUnit() * 2_000_000)
  stepAccess(prng, clock)
  if (clock.away > 0) clock.away -= 1
  else if (prng.nextUnit() < 1 / 3_000) {
    // A restart: it is gone for a while, comes with another boot and a wide bound, and narrows it.
    Object.assign(clock, { away: 5 + prng.nextBelow(30), boot: (clock.boot + 1) % 250, mode: 'acquiring' })
    clock.boundNs = 1_000_000
  }
  if (clock.mode === 'locked' && prng.nextUnit() < 1 / 2_000) clock.holdover = 200 + prng.nextBelow(400)
  stepHardware(prng, clock)
}

function stepHardware(prng: Prng, clock: Clock): void {
  if (clock.holdover > 0) {
    clock.holdover -= 1
    clock.mode = 'holdover'
    clock.boundNs += 20
    clock.slowNs += spread(prng, 19)
  } else {
    clock.boundNs = Math.max(clock.lockedBoundNs, Math.floor(clock.boundNs * 0.8))
    if (clock.boundNs === clock.lockedBoundNs) clock.mode = 'locked'
    clock.slowNs += prng.nextNormal() * 2
    // A re-lock: somewhere else inside the bound from now on.
    if (prng.nextUnit() < 1 / 500) clock.slowNs = spread(prng, clock.boundNs)
  }
  const room = clock.boundNs - 4 * GNSS_NOISE_NS
  clock.slowNs = limited(clock.slowNs, room)
  clock.errorNs = limited(clock.slowNs + prng.nextNormal() * GNSS_NOISE_NS, clock.boundNs)
}

function stepAccess(prng: Prng, clock: Clock): void {
  if (clock.burst > 0) clock.burst -= 1
  else if (prng.nextUnit() < 1 / 300) {
    clock.burst = 1 + prng.nextBelow(3)
    const longer = 2_000_000 * prng.nextUnit()
    ;[clock.burstInNs, clock.burstOutNs] = prng.nextUnit() < 0.5 ? [longer, 0] : [0, longer]
  }
  // A detour on the way in, that stays.
  if (prng.nextUnit() < 1 / 5_000) clock.detourInNs = 100_000 * prng.nextUnit()
}

function propose(
  prng: Prng,
  membership: Membership,
  clocks: readonly Clock[],
  ways: readonly number[],
  epoch: number,
  lies: Lies,
): readonly ListedProposal[] {
  const mark = epochMarkTai(membership, epoch)
  return clocks.flatMap((own, member) => {
    if (own.away > 0) return []
    const ranging = clocks.flatMap((peer, index) =>
      index === member || peer.away > 0 ? [] : [rangeOf(prng, { own, member, peer, index, ways, epoch, lies })],
    )
    const errorNs = Math.round(own.errorNs + (lies.clockNs?.(member, epoch) ?? 0))
    const readAt = mark + BigInt(own.lateNs)
    const reading = {
      bootId: sampleBoot(own.boot),
      segment: 0,
      rangingNs: rangingNs(readAt + own.baseNs + BigInt(Math.round(phaseAt(own, own.lateNs)))),
      nodeClock: {
        taiNs: taiNs(readAt + BigInt(errorNs)),
        boundNs: BigInt(lies.boundNs?.(member, epoch) ?? Math.ceil(own.boundNs)),
      },
      rangingRatePpb: BigInt(RATE_PPB),
    }
    return [
      { member, proposal: sampleProposal(reading, ranging, { epoch, mode: own.mode }), attestationDigest: undefined },
    ]
  })
}

interface Exchange {
  readonly own: Clock
  readonly member: number
  readonly peer: Clock
  readonly index: number
  readonly ways: readonly number[]
  readonly epoch: number
  readonly lies: Lies
}

function rangeOf(prng: Prng, { own, member, peer, index, ways, epoch, lies }: Exchange): RangingEntry {
  const n = Math.round(Math.sqrt(ways.length))
  const queue = (): number => -QUEUE_NS * Math.log(1 - prng.nextUnit())
  const congested = (clock: Clock, way: 'burstInNs' | 'burstOutNs'): number => (clock.burst > 0 ? clock[way] : 0)
  const held = lies.heldNs?.(index, member, epoch) ?? 0
  const there =
    (ways[member * n + index] ?? 0) +
    queue() +
    congested(own, 'burstOutNs') +
    congested(peer, 'burstInNs') +
    peer.detourInNs +
    held
  const back =
    (ways[index * n + member] ?? 0) +
    queue() +
    congested(own, 'burstInNs') +
    congested(peer, 'burstOutNs') +
    own.detourInNs
  const ageNs = Math.round(100_000_000 + prng.nextUnit() * 900_000_000)
  const at = own.lateNs - ageNs
  const difference = phaseAt(peer, at) - phaseAt(own, at) + (there - back) / 2 + spread(prng, STAMP_NS / 2)
  const lie = (lies.shownNs?.(index, member, epoch) ?? 0) + (lies.rowNs?.(member, index, epoch) ?? 0)
  return {
    peer: index,
    bootId: sampleBoot(peer.boot),
    segment: 0,
    phiNs: peer.baseNs - own.baseNs + BigInt(Math.round(difference + lie)),
    uncertaintyNs: BigInt(Math.ceil((there + back) / 2) + STAMP_NS),
    ageNs: BigInt(ageNs + 1),
  }
}

/** R − T − its constant at `sinceMarkNs` of the nominal mark. */
function phaseAt({ phaseNs, ratePpb }: Clock, sinceMarkNs: number): number {
  return phaseNs + (ratePpb * sinceMarkNs) / 1e9
}

/** Even between −most and +most. */
function spread(prng: Prng, most: number): number {
  return (2 * prng.nextUnit() - 1) * most
}

function limited(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value))
}
