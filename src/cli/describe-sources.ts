import { formatDistance, formatOffset } from '../fusion/format-offset.ts'
import { formatDurationNs } from './present.ts'

export interface TemperatureAnswer {
  readonly celsius?: number
  readonly ppbPerK?: number
  readonly used: boolean
  readonly reason: string
}

/** What an agent answers to `sources`, as its JSON has it: nanoseconds are decimal strings, what is not known is left out. */
export interface SourcesAnswer {
  readonly node: string
  readonly sources: readonly {
    readonly name: string
    readonly link: string
    readonly class?: string
    readonly domain?: string
    readonly letter?: string
    readonly offsetNs?: string
    readonly boundNs?: string
    readonly ageNs?: string
    readonly lock?: string
    readonly alarms?: readonly string[]
    readonly reason?: string
    /** Of a source reached by packets: who stamps these, and why nobody better. */
    readonly stamps?: { readonly kind: string; readonly reason?: string }
    /** Of its oscillator, with a thermometer. */
    readonly temperature?: TemperatureAnswer
    /** Of a source that the agent may steer: the last decision, and how much of the next interval has been measured. */
    readonly steering?: {
      readonly measuredPercent: number
      readonly last: { readonly kind: string; readonly reason: string } | null
    }
  }[]
}

const HEADS = ['', 'source', 'class', 'domain', 'offset', 'bound', 'age', 'lock', 'link']

const LEGEND = [
  '* carries the clock, with the greatest weight   + carries it   x outvoted   ~ walks away   - too few agree',
  '# a frequency that can carry the clock on   = only numbers pulses   ? nothing that could be used',
]

/** A table with a line a source, then its reason and its alarms; the letters are explained below. */
export function describeSources({ node, sources }: SourcesAnswer): readonly string[] {
  if (sources.length === 0) return [`${node} has no sources`]
  const rows = sources.map((source) => [
    source.letter ?? '?',
    source.name,
    source.class ?? '',
    source.domain ?? '',
    source.offsetNs === undefined ? '' : formatOffset(BigInt(source.offsetNs)),
    source.boundNs === undefined ? '' : `±${formatDistance(BigInt(source.boundNs))}`,
    source.ageNs === undefined ? '' : formatDurationNs(BigInt(source.ageNs)),
    source.lock ?? '',
    source.link,
  ])
  const widths = HEADS.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(HEADS), ...rows.flatMap((row, index) => [line(row), ...remarks(sources[index])]), '', ...LEGEND]
}

function remarks(source: SourcesAnswer['sources'][number] | undefined): readonly string[] {
  const reason = source?.reason === undefined ? [] : [`     not used: ${source.reason}`]
  const alarms = (source?.alarms ?? []).map((alarm) => `     alarm: ${alarm}`)
  const { stamps, temperature, steering } = source ?? {}
  return [...reason, ...alarms, ...stampsOf(stamps), ...temperatureOf(temperature), ...steeringOf(steering)]
}

function stampsOf(stamps: SourcesAnswer['sources'][number]['stamps']): readonly string[] {
  if (stamps === undefined) return []
  const why = stamps.reason === undefined ? '' : `, for want of better: ${stamps.reason}`
  return [
    `     stamps: by ${{ user: 'this program', kernel: 'the kernel', hardware: 'the card' }[stamps.kind] ?? stamps.kind}${why}`,
  ]
}

function temperatureOf(temperature: TemperatureAnswer | undefined): readonly string[] {
  if (temperature === undefined) return []
  const { celsius, ppbPerK, used, reason } = temperature
  const now = celsius === undefined ? 'unknown' : `${celsius.toFixed(1)} °C`
  const worth = ppbPerK === undefined ? '' : `, ${ppbPerK.toPrecision(2)} ppb a kelvin`
  return [`     temperature: ${now}${worth}; ${used ? 'used for holdover' : 'not used'}: ${reason}`]
}

function steeringOf(steering: SourcesAnswer['sources'][number]['steering']): readonly string[] {
  if (steering === undefined) return []
  const { last, measuredPercent } = steering
  const decided = last === null ? 'nothing decided yet' : `${last.kind}, ${last.reason}`
  return [`     steering: ${decided}; ${measuredPercent} % of the interval measured`]
}
