import { quorumOf } from '../../../src/consensus/membership.ts'
import type { Prng } from '../../../src/core/prng.ts'
import { chance, pick, shuffled } from '../../support/chance.ts'
import { ADVERSARIES } from '../byzantine/adversaries.ts'
import { drawWrongness, type SpoofedSky, type Wrongness } from '../world/hardware.ts'
import { members } from '../world/network.ts'

/** Who is who in a run. At most f members are faulty in any way, unless a spoofed sky takes more of them along. */
export interface Cast {
  readonly n: number
  /** They lose their power for good. */
  readonly dead: readonly number[]
  /** The name of the adversary that each liar plays. */
  readonly liars: ReadonlyMap<number, string>
  /** They follow the protocol; their hardware says something wrong. */
  readonly wrong: ReadonlyMap<number, Wrongness>
  /** They follow the protocol; they know TAI from the sky alone, and it is spoofed everywhere. */
  readonly spoofed: readonly number[]
  readonly sky: SpoofedSky | undefined
  /** They follow the protocol and stay up. */
  readonly honest: readonly number[]
}

export interface CastOptions {
  /** Every faulty member plays this one. */
  readonly adversary: string | undefined
  /** Nobody is faulty unless an adversary is named. */
  readonly calm: boolean
}

/** How often the sky is spoofed at all sites; and in which part of these runs more than f members stand under it. */
const SPOOFED_CHANCE = 0.1
const EVERYWHERE_PART = 0.3

export function drawCast(prng: Prng, n: number, { adversary, calm }: CastOptions): Cast {
  const { f } = quorumOf(n)
  const count = adversary !== undefined ? f : calm ? 0 : prng.nextBelow(f + 1)
  const faulty = shuffled(prng, members(n)).slice(0, count)
  // One sky for all sites: who has nothing but the sky is wrong with all the others.
  const sky = adversary === undefined && !calm && chance(prng, SPOOFED_CHANCE) ? drawSky(prng) : undefined
  const dead: number[] = []
  const others = members(n).filter((id) => !faulty.includes(id))
  const spoofed = sky !== undefined && chance(prng, EVERYWHERE_PART) ? others.filter(() => chance(prng, 0.7)) : []
  const liars = new Map<number, string>()
  const wrong = new Map<number, Wrongness>()
  for (const id of faulty) {
    const draw = prng.nextUnit()
    if (adversary !== undefined) liars.set(id, adversary)
    else if (sky !== undefined && draw < 0.7) spoofed.push(id)
    else if (draw < 0.25) dead.push(id)
    else if (draw < 0.5) wrong.set(id, drawWrongness(prng))
    else liars.set(id, pick(prng, Object.keys(ADVERSARIES)))
  }
  return {
    n,
    dead,
    liars,
    wrong,
    spoofed,
    sky,
    honest: members(n).filter((id) => !dead.includes(id) && !liars.has(id)),
  }
}

function drawSky(prng: Prng): SpoofedSky {
  const walks = chance(prng, 0.5)
  return {
    fromSecond: 2 + 8 * prng.nextUnit(),
    // 13 µs is what fifteen satellites were off on 26 January 2016.
    jumpNs: walks ? 0 : pick(prng, [13_000, -13_000, 1_000_000, 250_000_000]),
    walkPpb: walks ? pick(prng, [-1, 1]) * 10 ** (1 + 4 * prng.nextUnit()) : 0,
  }
}

/** Whether agreement can bear it: then what it certifies has to be true. What is decided has to be one in any case. */
export function isSound({ n, dead, liars, wrong, spoofed }: Cast): boolean {
  return dead.length + liars.size + wrong.size + spoofed.length <= quorumOf(n).f
}

export function describeCast({ n, dead, liars, wrong, spoofed }: Cast): string {
  return [
    `n = ${n}`,
    ...dead.map((id) => `node ${id} dies`),
    ...[...liars].map(([id, name]) => `node ${id} is ${name}`),
    ...[...wrong].map(([id, kind]) => `hardware of node ${id} is wrong: ${kind}`),
    ...spoofed.map((id) => `node ${id} under the spoofed sky of all sites`),
  ].join(', ')
}
