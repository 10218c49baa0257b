import { compare } from '../../src/core/integer.ts'
import type { Prng } from '../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND } from '../../src/core/time.ts'
import { chance, pick, shuffled } from '../support/chance.ts'
import type { ClusterOptions, Fate } from '../support/replica-cluster.ts'

/** How bad it gets. Everything ends at `calmAt`; only clocks stay as wrong as they are. */
export interface Climate {
  readonly n: number
  readonly calmAt: MonoNs
  readonly delayMsMax: number
  readonly lossMax: number
  readonly duplicationMax: number
  readonly cutsMax: number
  readonly partitionsMax: number
  /** How likely a node dies at a write of its journal. */
  readonly deathMax: number
  readonly clockErrorMsMax: number
}

/** One seed's network, disks and clocks. */
export interface Weather
  extends Required<Pick<ClusterOptions, 'arrivals' | 'fate'>>,
    Pick<ClusterOptions, 'clockError'> {
  /** When a node's clock is stepped, gets lost or is found again: it is to be told then. */
  readonly clockSteps: readonly ClockStep[]
  /** What happens here, for people. */
  readonly forecast: string
}

interface ClockStep {
  readonly id: number
  readonly at: MonoNs
  /** Undefined: no clock. */
  readonly offsetNs: bigint | undefined
}

interface Spell {
  readonly from: MonoNs
  readonly until: MonoNs
}

interface Cut extends Spell {
  readonly sender: number
  readonly receiver: number
}

interface Partition extends Spell {
  readonly side: ReadonlySet<number>
}

const FATES: readonly Fate[] = ['torn', 'unsent', 'half-sent']

export function createWeather(prng: Prng, climate: Climate): Weather {
  const { n, calmAt } = climate
  const delayNsMax = milliseconds(prng.nextUnit() * climate.delayMsMax)
  const loss = prng.nextUnit() * climate.lossMax
  const duplication = prng.nextUnit() * climate.duplicationMax
  const death = chance(prng, 0.5) ? prng.nextUnit() * climate.deathMax : 0
  const cuts = times(prng.nextBelow(climate.cutsMax + 1), () => ({
    sender: prng.nextBelow(n),
    receiver: prng.nextBelow(n),
    ...spell(prng, calmAt),
  }))
  const partitions = times(prng.nextBelow(climate.partitionsMax + 1), () => ({
    side: new Set(shuffled(prng, members(n)).slice(0, prng.nextBelow(n))),
    ...spell(prng, calmAt),
  }))
  const clocks = createClocks(prng, climate)
  return {
    ...clocks,
    arrivals: (from, to, now) => {
      if (now >= calmAt) return [underWay(prng, 2n * NS_PER_MILLISECOND)]
      if (isCut(cuts, partitions, from, to, now) || chance(prng, loss)) return []
      return times(chance(prng, duplication) ? 2 : 1, () => underWay(prng, delayNsMax))
    },
    fate: (_id, now) => (now < calmAt && chance(prng, death) ? pick(prng, FATES) : 'lives'),
    forecast: [
      `delay ${Number(delayNsMax) / 1e6} ms`,
      `loss ${percent(loss)}`,
      `duplication ${percent(duplication)}`,
      `death ${percent(death)}`,
      `${cuts.length} cuts`,
      `${partitions.length} partitions`,
    ].join(', '),
  }
}

/** Some clocks are stepped, some are lost for a while, as after a restart; by the calm everybody has one. */
function createClocks(prng: Prng, climate: Climate): Pick<Weather, 'clockError' | 'clockSteps'> {
  const { n, clockErrorMsMax, calmAt } = climate
  const error = (): bigint => milliseconds((2 * prng.nextUnit() - 1) * clockErrorMsMax)
  const rates = members(n).map(() => BigInt(prng.nextBelow(200_001) - 100_000))
  const steps: ClockStep[] = members(n).map((id) => ({ id, at: monoNs(0n), offsetNs: error() }))
  for (const id of members(n)) {
    if (chance(prng, 0.3)) steps.push({ id, at: instant(prng, calmAt), offsetNs: error() })
    if (!chance(prng, 0.2)) continue
    const { from, until } = spell(prng, calmAt)
    steps.push({ id, at: from, offsetNs: undefined }, { id, at: until, offsetNs: error() })
  }
  steps.sort((a, b) => compare(a.at, b.at))
  return {
    clockSteps: steps.filter(({ at }) => at > 0n),
    clockError: (id, now) => {
      const offsetNs = steps.findLast((step) => step.id === id && step.at <= now)?.offsetNs
      return offsetNs === undefined ? undefined : { offsetNs, ratePpb: rates[id] ?? 0n }
    },
  }
}

function isCut(cuts: readonly Cut[], partitions: readonly Partition[], from: number, to: number, now: MonoNs): boolean {
  return (
    cuts.some((cut) => cut.sender === from && cut.receiver === to && lasts(cut, now)) ||
    partitions.some((partition) => partition.side.has(from) !== partition.side.has(to) && lasts(partition, now))
  )
}

function lasts({ from, until }: Spell, now: MonoNs): boolean {
  return from <= now && now < until
}

function spell(prng: Prng, end: MonoNs): Spell {
  const [a, b] = [instant(prng, end), instant(prng, end)]
  return a < b ? { from: a, until: b } : { from: b, until: a }
}

function instant(prng: Prng, end: MonoNs): MonoNs {
  return monoNs((end * BigInt(prng.nextBelow(10_000))) / 10_000n)
}

function underWay(prng: Prng, longestNs: bigint): bigint {
  return 100_000n + (longestNs * BigInt(prng.nextBelow(1_000))) / 1_000n
}

function milliseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6))
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`
}

function members(n: number): readonly number[] {
  return Array.from({ length: n }, (_, id) => id)
}

function times<T>(count: number, make: () => T): readonly T[] {
  return Array.from({ length: count }, make)
}
