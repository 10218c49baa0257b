import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../../../src/core/time.ts'

/**
 * Who hears whom, round by round, after "Twins: BFT Systems Made Robust" (arXiv 2004.10617): in each round all machines,
 * twins included, fall into groups, and nothing passes from one to another. Leaders rotate by themselves, so the first round
 * begins at one of n views.
 */
export interface Scenario {
  readonly rounds: readonly (readonly number[])[]
  readonly startsAt: MonoNs
  readonly roundNs: bigint
  readonly healsAt: MonoNs
  passes(from: number, to: number, now: MonoNs): boolean
  /** For people: the group of each machine, round by round. */
  readonly words: string
}

const ROUNDS = 4
const GROUPS_MAX = 3
/** From a part of a view to a whole epoch. */
const ROUND_NS: readonly bigint[] = [120n, 250n, 500n, 1_000n].map((ms) => ms * NS_PER_MILLISECOND)

/**
 * One of all scenarios of so many machines. A seed is a number in their enumeration, taken in large strides, so that seeds
 * in a row have little in common and no two below the number of all are the same.
 */
export function scenarioOf(seed: number, machines: number, members: number): Scenario {
  const partitions = partitionsOf(machines)
  const all = partitions.length ** ROUNDS * members * ROUND_NS.length
  let index = strided(seed, all)
  const digit = (base: number): number => {
    const value = index % base
    index = Math.floor(index / base)
    return value
  }
  const rounds = Array.from({ length: ROUNDS }, () => partitions[digit(partitions.length)] ?? [])
  const startsAt = monoNs(BigInt(digit(members)) * NS_PER_SECOND + 900n * NS_PER_MILLISECOND)
  const roundNs = ROUND_NS[digit(ROUND_NS.length)] ?? NS_PER_SECOND
  return {
    rounds,
    startsAt,
    roundNs,
    healsAt: plus(startsAt, BigInt(ROUNDS) * roundNs),
    passes: (from, to, now) => {
      const groups = now < startsAt ? undefined : rounds[Number((now - startsAt) / roundNs)]
      return groups === undefined || groups[from] === groups[to]
    },
    words: `${rounds.map((groups) => groups.join('')).join(' ')}, rounds of ${roundNs / NS_PER_MILLISECOND} ms from ${startsAt / NS_PER_MILLISECOND} ms on`,
  }
}

/** Every way to put `machines` into at most three groups, as the group of each: the first machine is in group 0. */
export function partitionsOf(machines: number): readonly (readonly number[])[] {
  let partial: readonly (readonly number[])[] = [[]]
  for (let machine = 0; machine < machines; machine++) {
    partial = partial.flatMap((groups) => {
      const next = Math.min(GROUPS_MAX - 1, Math.max(-1, ...groups) + 1)
      return Array.from({ length: next + 1 }, (_, group) => [...groups, group])
    })
  }
  return partial
}

/** A prime, so that it divides no number of scenarios. */
const STRIDE = 2_147_483_647n

function strided(seed: number, all: number): number {
  return Number((BigInt(seed) * STRIDE) % BigInt(all))
}
