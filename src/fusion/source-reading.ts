import type { Interval } from '../core/interval.ts'
import type { SampleQuality } from '../core/sample.ts'
import type { TaiNs } from '../core/time.ts'
import { formatDistance, formatOffset } from './format-offset.ts'
import type { Selection } from './selection.ts'
import { alarmsOf, type Silence, type Source, type SourceWord } from './source.ts'
import type { SourceClass } from './source-class.ts'
import type { TemperatureReading } from './warm-shift.ts'

/**
 * A state as one character, for tables. `*`: carries the clock, with the greatest weight; `+`: carries it too; `x`: outvoted;
 * `~`: walks away from the others; `-`: heard, but too few agree; `#`: a frequency that can carry the clock on; `=`: only
 * numbers the seconds of a pulse; `?`: nothing that could be used.
 */
export type SourceLetter = '*' | '+' | 'x' | '~' | '-' | '#' | '=' | '?'

/** What became of one source in a reading of the node clock, for people and for proposals. */
export interface SourceReading {
  readonly name: string
  readonly class: SourceClass
  readonly domain: string
  readonly letter: SourceLetter
  readonly state: 'selected' | 'falseticker' | 'abstaining' | 'frequency' | 'label'
  /** Source − node clock; of a source that votes and is heard. */
  readonly offsetNs: bigint | undefined
  readonly boundNs: bigint | undefined
  /** Since its newest reading; of one that is heard. */
  readonly ageNs: bigint | undefined
  /** By its instrument's own word. */
  readonly lock: SampleQuality | 'unknown'
  /** Each with its reason, where the instrument or its driver gave one. */
  readonly alarms: readonly string[]
  /** Why it does not carry the clock; undefined for one that does. */
  readonly reason: string | undefined
  /** Of its oscillator; undefined without a thermometer. */
  readonly temperature?: TemperatureReading | undefined
}

/** What a reading of the node clock made of its sources. */
export interface Verdicts {
  readonly selection: Selection
  readonly walking: ReadonlyMap<string, string>
  /** The selected source with the greatest weight. */
  readonly heaviest: string | undefined
  /** By the name of the source. */
  readonly temperatures: ReadonlyMap<string, TemperatureReading>
  /** The node clock, when there is one. */
  readonly nodeTaiNs: TaiNs | undefined
}

export function readSource(source: Source, heard: SourceWord | Silence, verdicts: Verdicts): SourceReading {
  const { config } = source
  const status = source.status()
  const word = heard.kind === 'word' ? heard : undefined
  const seen = config.role === 'time' ? word : undefined
  const { nodeTaiNs } = verdicts
  return {
    name: config.name,
    class: config.class,
    domain: source.domain(),
    offsetNs: seen === undefined || nodeTaiNs === undefined ? undefined : seen.taiNs - nodeTaiNs,
    boundNs: seen?.boundNs,
    ageNs: word?.ageNs,
    lock: status?.quality ?? 'unknown',
    alarms: alarmsOf(status),
    temperature: verdicts.temperatures.get(config.name),
    ...judged(config.role, heard, verdicts),
  }
}

function judged(
  role: Source['config']['role'],
  heard: SourceWord | Silence,
  { selection, walking, heaviest, nodeTaiNs }: Verdicts,
): Pick<SourceReading, 'letter' | 'state' | 'reason'> {
  if (role === 'label') return { letter: '=', state: role, reason: heard.kind === 'silence' ? heard.reason : undefined }
  if (heard.kind === 'silence') {
    return { letter: '?', state: role === 'time' ? 'abstaining' : role, reason: heard.reason }
  }
  if (role === 'frequency') return { letter: '#', state: role, reason: undefined }
  const walks = walking.get(heard.name)
  if (walks !== undefined) return { letter: '~', state: 'falseticker', reason: `${heard.name}: ${walks}` }
  if (selection.selected.includes(heard.name)) {
    return { letter: heard.name === heaviest ? '*' : '+', state: 'selected', reason: undefined }
  }
  const missed = selection.outvoted.get(heard.name)
  if (missed !== undefined) {
    return { letter: 'x', state: 'falseticker', reason: missReason(heard, missed, nodeTaiNs ?? heard.taiNs) }
  }
  const split = [...selection.split.values()].some((names) => names.includes(heard.name))
  const reason = split ? 'its failure domain does not agree' : 'no majority of failure domains agrees'
  return { letter: '-', state: 'abstaining', reason }
}

/** `gnss0: 41 µs outside [−0.2 µs, +0.3 µs]`, the ends seen from `fromTaiNs`. */
function missReason({ name, interval }: SourceWord, missed: Interval, fromTaiNs: TaiNs): string {
  const distanceNs = interval.lo > missed.hi ? interval.lo - missed.hi : missed.lo - interval.hi
  const [lo, hi] = [missed.lo, missed.hi].map((end) => formatOffset(end - fromTaiNs))
  return `${name}: ${formatDistance(distanceNs)} outside [${lo}, ${hi}]`
}
