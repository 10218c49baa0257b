import type { Prng } from '../../../src/core/prng.ts'
import { type MonoNs, monoNs } from '../../../src/core/time.ts'
import { chance, pick, shuffled } from '../../support/chance.ts'

/** How bad the network gets. Everything but the length of the lines ends at `calmAt`. */
export interface NetworkClimate {
  readonly n: number
  readonly calmAt: MonoNs
  readonly lossMax: number
  readonly duplicationMax: number
  readonly cutsMax: number
  readonly partitionsMax: number
}

export interface Network {
  /** How long each copy of a frame is under way, ns; none: it is lost. */
  arrivals(from: number, to: number, now: MonoNs): readonly bigint[]
  reaches(from: number, to: number, now: MonoNs): boolean
  /** What is wrong with it, for people. */
  readonly forecast: string
}

/** ns, all instants those of the run. */
interface Spell {
  readonly from: number
  readonly until: number
}

interface Cut extends Spell {
  readonly sender: number
  readonly receiver: number
}

interface Partition extends Spell {
  readonly side: ReadonlySet<number>
}

const MS = 1_000_000
const CALM_MS_MAX = 2
const SHORTEST_NS = 100_000

/** How long a frame is under way, ns. */
type Line = (from: number, to: number) => number

const LINES = ['lan', 'campus', 'wan', 'heavy tail', 'storm'] as const

export function createNetwork(prng: Prng, climate: NetworkClimate): Network {
  const { n } = climate
  const calmAt = Number(climate.calmAt)
  const kind = pick(prng, LINES)
  const [stormy, calm] = drawLines(prng, kind, n)
  const loss = prng.nextUnit() * climate.lossMax
  const duplication = prng.nextUnit() * climate.duplicationMax
  const slow = drawSlow(prng, n)
  const cuts = times(prng.nextBelow(climate.cutsMax + 1), () => ({
    sender: prng.nextBelow(n),
    receiver: prng.nextBelow(n),
    ...drawSpell(prng, calmAt),
  }))
  const partitions = times(prng.nextBelow(climate.partitionsMax + 1), () => ({
    side: new Set(shuffled(prng, members(n)).slice(0, prng.nextBelow(n))),
    ...drawSpell(prng, calmAt),
  }))
  const reaches = (from: number, to: number, virtual: MonoNs): boolean => {
    const now = Number(virtual)
    return now >= calmAt || !isCut(cuts, partitions, from, to, now)
  }
  return {
    reaches,
    arrivals: (from, to, now) => {
      if (now >= climate.calmAt) return [BigInt(Math.floor(calm(from, to)))]
      if (!reaches(from, to, now) || chance(prng, loss)) return []
      return times(chance(prng, duplication) ? 2 : 1, () => {
        return BigInt(Math.floor(stormy(from, to) + (slow.get(from) ?? 0) + (slow.get(to) ?? 0)))
      })
    },
    forecast: [
      `lines: ${kind}`,
      `loss ${percent(loss)}`,
      `duplication ${percent(duplication)}`,
      ...[...slow].map(([id, ns]) => `node ${id} ${Math.round(ns / MS)} ms slow`),
      ...cuts.map(({ sender, receiver, ...spell }) => `${sender} → ${receiver} cut ${describe(spell)}`),
      ...partitions.map(({ side, ...spell }) => `{${[...side].join(' ')}} apart ${describe(spell)}`),
    ].join(', '),
  }
}

function drawLines(prng: Prng, kind: (typeof LINES)[number], n: number): readonly [stormy: Line, calm: Line] {
  const jitter = (mostNs: number): number => SHORTEST_NS + mostNs * prng.nextUnit()
  const upTo =
    (ms: number): Line =>
    () =>
      jitter(ms * MS)
  switch (kind) {
    case 'lan':
      return [upTo(0.5), upTo(0.5)]
    case 'campus':
      return [upTo(5), upTo(5)]
    case 'wan': {
      // Each direction has its own length: asymmetric by up to all of it.
      const lengths = times(n * n, () => 40 * MS * prng.nextUnit())
      const line: Line = (from, to) => (lengths[from * n + to] ?? 0) + jitter(2 * MS)
      return [line, line]
    }
    case 'heavy tail':
      // Pareto with exponent 1.3: the mean is four times the shortest, one in a hundred takes 35 times as long.
      return [() => SHORTEST_NS + Math.min(500 * MS, 0.3 * MS * (1 - prng.nextUnit()) ** (-1 / 1.3)), upTo(CALM_MS_MAX)]
    case 'storm':
      return [upTo(60 * prng.nextUnit()), upTo(CALM_MS_MAX)]
  }
}

/** Members that take long to say and to hear anything. */
function drawSlow(prng: Prng, n: number): ReadonlyMap<number, number> {
  if (!chance(prng, 0.2)) return new Map()
  return new Map([[prng.nextBelow(n), 60 * MS * prng.nextUnit()]])
}

function isCut(cuts: readonly Cut[], partitions: readonly Partition[], from: number, to: number, now: number): boolean {
  return (
    cuts.some((cut) => cut.sender === from && cut.receiver === to && lasts(cut, now)) ||
    partitions.some((partition) => partition.side.has(from) !== partition.side.has(to) && lasts(partition, now))
  )
}

function lasts({ from, until }: Spell, now: number): boolean {
  return from <= now && now < until
}

function describe({ from, until }: Spell): string {
  return `${(from / 1e9).toFixed(1)}–${(until / 1e9).toFixed(1)} s`
}

/** Some time before `end`. */
function drawSpell(prng: Prng, end: number): Spell {
  const [a, b] = [Math.floor(end * prng.nextUnit()), Math.floor(end * prng.nextUnit())]
  return a < b ? { from: a, until: b } : { from: b, until: a }
}

export function drawInstant(prng: Prng, end: MonoNs): MonoNs {
  return monoNs(BigInt(Math.floor(Number(end) * prng.nextUnit())))
}

function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`
}

export function members(n: number): readonly number[] {
  return Array.from({ length: n }, (_, id) => id)
}

function times<T>(count: number, make: () => T): readonly T[] {
  return Array.from({ length: count }, make)
}
