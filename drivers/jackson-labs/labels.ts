import type { CivilDate } from '../../src/core/civil-date.ts'
import { type Fault, fail, ok, type Result } from '../../src/core/fault.ts'
import { abs } from '../../src/core/integer.ts'
import { formatUtc, type LeapTable, taiToUtc, utcToTai } from '../../src/core/leap.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, type TaiNs } from '../../src/core/time.ts'
import type { TimeOfDay } from '../nmea/time-fields.ts'

/** The date of a floor option as an instant; undefined for none. */
export function floorOf(date: string | null, table: LeapTable): TaiNs | undefined {
  if (date === null) return undefined
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const tai = utcToTai(table, { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0 })
  return tai.ok ? tai.value : undefined
}

/** Reads dates and times one after another, and says which to doubt. */
export interface LabelReader {
  readonly table: LeapTable
  readonly floor: TaiNs | undefined
  last: { readonly taiNs: TaiNs; readonly at: MonoNs } | undefined
}

interface ReadLabel {
  readonly taiNs: TaiNs
  readonly isBelieved: boolean
  readonly faults: readonly Fault[]
}

/** Asked for half a second after the turn, give or take a quarter, two labels may be off by half a second. */
const STEPPED_NS = 700n * NS_PER_MILLISECOND
/** Past that the drift of the two clocks is in it too. */
const COMPARED_NS = 600n * NS_PER_SECOND

/** Faults: no such date or time. Inside the value: `jackson-labs.week-rollover`, `.stuck-second`, `.time-step`. */
export function readLabel(reader: LabelReader, date: CivilDate, time: TimeOfDay, at: MonoNs): Result<ReadLabel> {
  const { table, floor, last } = reader
  const tai = utcToTai(table, { ...date, ...time, nanosecond: 0 })
  if (!tai.ok) return fail(tai.fault.code, `${Object.values(date).join('-')}: ${tai.fault.message}`)
  const taiNs = tai.value
  reader.last = { taiNs, at }
  const faults: Fault[] = []
  if (floor !== undefined && taiNs < floor) {
    const message = `expected a date since ${shown(table, floor)}, got ${shown(table, taiNs)}`
    faults.push({ code: 'jackson-labs.week-rollover', message })
  }
  const elapsedNs = last === undefined ? 0n : between(last.at, at)
  if (last !== undefined && elapsedNs <= COMPARED_NS) {
    const offNs = elapsedNs - between(last.taiNs, taiNs)
    if (abs(offNs) > STEPPED_NS) {
      const code = last.taiNs === taiNs ? 'jackson-labs.stuck-second' : 'jackson-labs.time-step'
      const elapsedMs = elapsedNs / NS_PER_MILLISECOND
      const message = `expected to go on from ${shown(table, last.taiNs)} by ${elapsedMs} ms, got ${shown(table, taiNs)}`
      faults.push({ code, message })
    }
  }
  return ok({ taiNs, isBelieved: faults.length === 0, faults })
}

function shown(table: LeapTable, taiNs: TaiNs): string {
  const utc = taiToUtc(table, taiNs)
  return utc.ok ? formatUtc(utc.value).slice(0, 'yyyy-mm-ddThh:mm:ss'.length) : `TAI ${taiNs} ns`
}
