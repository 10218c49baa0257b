import { type Fault, ok, type Result } from '../../src/core/fault.ts'
import { abs } from '../../src/core/integer.ts'
import { formatUtc, type LeapTable, taiToUtc } from '../../src/core/leap.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { type TimeCode, timeCodeToTai } from './time-code.ts'
import { addRollovers, rolloversBefore } from './week-rollover.ts'

/** Turns time codes into the instants of the edges they name, and says which of them to doubt. */
export interface EdgeReader {
  readonly table: LeapTable
  /** No true date lies before it; undefined to look for no rollover. */
  readonly floor: TaiNs | undefined
  readonly repairs: boolean
  last: { readonly taiNs: TaiNs; readonly firstByteAt: MonoNs } | undefined
}

export interface NamedEdge {
  readonly taiNs: TaiNs
  readonly rollover: 'none' | 'reported' | 'repaired'
  /** Whether the code follows on from the one before it: as time does, too late to tell its pulse, not at all. */
  readonly pace: 'steady' | 'late' | 'stepped'
  /** The month on the unit's calendar, 1 to 12; a leap second may come at the end of June or December. */
  readonly month: number
  readonly faults: readonly Fault[]
}

/** A code is sent 980 to 20 ms before its edge, so two may be off by 960 ms against each other; 10 ms are the line's. */
const STEPPED_NS = 970n * NS_PER_MILLISECOND
/** The tick is steady to milliseconds. A code so much later has waited on the way, and its pulse may have passed. */
const LATE_NS = 250n * NS_PER_MILLISECOND
/** Past that, the drift of the two clocks against each other is in it too. */
const COMPARED_NS = 600n * NS_PER_SECOND

/**
 * Faults: no such date or time by the leap table. Those inside the value: `smartclock.week-rollover`,
 * `smartclock.stuck-second`, `smartclock.time-step`, `smartclock.late-code`.
 */
export function readEdge(reader: EdgeReader, said: TimeCode, firstByteAt: MonoNs): Result<NamedEdge> {
  const { table, floor, repairs } = reader
  const rollovers = floor === undefined ? ok(0) : rolloversBefore(said, floor, table)
  if (!rollovers.ok) return rollovers
  const code = repairs && rollovers.value > 0 ? addRollovers(said, rollovers.value, table) : ok(said)
  if (!code.ok) return code
  const tai = timeCodeToTai(code.value, table)
  if (!tai.ok) return tai
  const utc = taiToUtc(table, tai.value)
  if (!utc.ok) return utc
  const rollover = rollovers.value === 0 ? 'none' : repairs ? 'repaired' : 'reported'
  const { pace, faults } = judgePace(reader, tai.value, firstByteAt)
  reader.last = { taiNs: tai.value, firstByteAt }
  if (rollover === 'reported') faults.push(rolloverFault(reader, tai.value, rollovers.value))
  return ok({ taiNs: tai.value, rollover, pace, month: utc.value.month, faults })
}

function judgePace(
  { last, table }: EdgeReader,
  taiNs: TaiNs,
  firstByteAt: MonoNs,
): { pace: NamedEdge['pace']; faults: Fault[] } {
  if (last === undefined) return { pace: 'steady', faults: [] }
  const elapsedNs = between(last.firstByteAt, firstByteAt)
  const advanceNs = between(last.taiNs, taiNs)
  const lateNs = elapsedNs - advanceNs
  if (elapsedNs > COMPARED_NS || (lateNs >= -STEPPED_NS && lateNs <= LATE_NS)) return { pace: 'steady', faults: [] }
  const isStep = abs(lateNs) > STEPPED_NS
  const elapsedMs = elapsedNs / NS_PER_MILLISECOND
  const message = `expected to go on from ${shown(table, last.taiNs)} by ${elapsedMs} ms, got ${shown(table, taiNs)}`
  const code = !isStep ? 'smartclock.late-code' : advanceNs === 0n ? 'smartclock.stuck-second' : 'smartclock.time-step'
  return { pace: isStep ? 'stepped' : 'late', faults: [{ code, message }] }
}

function rolloverFault({ floor, table }: EdgeReader, taiNs: TaiNs, rollovers: number): Fault {
  const weeks = 1024 * rollovers
  const later = plus(taiNs, BigInt(weeks) * 7n * 86_400n * NS_PER_SECOND)
  const floorShown = floor === undefined ? 'any' : shown(table, floor)
  const message = `expected a date since ${floorShown}, got ${shown(table, taiNs)} (${weeks} weeks later: ${shown(table, later)})`
  return { code: 'smartclock.week-rollover', message }
}

function shown(table: LeapTable, taiNs: TaiNs): string {
  const utc = taiToUtc(table, taiNs)
  return utc.ok ? formatUtc(utc.value).slice(0, 'yyyy-mm-ddThh:mm:ss'.length) : `TAI ${taiNs} ns`
}
