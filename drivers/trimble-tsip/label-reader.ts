import type { Fault } from '../../src/core/fault.ts'
import { abs, divCeil } from '../../src/core/integer.ts'
import { formatUtc, type LeapTable, leapTableExpired, taiMinusUtcAt } from '../../src/core/leap.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { gpsCalendar, gpsToTai, ROLLOVER_WEEKS, TAI_MINUS_GPS_SECONDS } from './gps-time.ts'
import type { PrimaryTiming } from './primary-timing.ts'

/** Turns 8F-AB into the pulse that it names, and says which of them to doubt. */
export interface LabelReader {
  readonly table: LeapTable
  /** No true date lies before it; undefined to look for no rollover. */
  readonly floor: TaiNs | undefined
  readonly repairs: boolean
  last: { readonly taiNs: TaiNs; readonly at: MonoNs } | undefined
}

export interface NamedSecond {
  readonly taiNs: TaiNs
  /** The receiver knows its time, and nothing speaks against it. */
  readonly trusted: boolean
  /** Week, time of week and calendar say the same: these bytes are of this protocol beyond chance. */
  readonly coherent: boolean
  readonly rollover: 'none' | 'reported' | 'repaired'
  /** By the receiver's own word; undefined as long as it does not know. */
  readonly taiMinusUtcSeconds: number | undefined
  /** What the receiver says of UTC is not what the leap table says. */
  readonly contradictsTable: boolean
  readonly faults: readonly Fault[]
}

/** A label comes tens to hundreds of milliseconds after its pulse: the one before it may have been so much later. */
const STEPPED_NS = 970n * NS_PER_MILLISECOND
/** It is the first packet after the pulse. So much later than the one before, the next pulse may have come first. */
const LATE_NS = 350n * NS_PER_MILLISECOND
const ROLLOVER_NS = BigInt(ROLLOVER_WEEKS) * 7n * 86_400n * NS_PER_SECOND

/**
 * Faults inside the value: `tsip.calendar`, `tsip.week-rollover`, `tsip.stuck-second`, `tsip.time-step`,
 * `tsip.late-label`.
 */
export function readLabel(reader: LabelReader, timing: PrimaryTiming, at: MonoNs): NamedSecond {
  const { floor, repairs } = reader
  const { flags, utcOffsetSeconds } = timing
  const said = gpsToTai(timing.week, timing.timeOfWeek)
  const rollovers = floor === undefined || said >= floor ? 0n : divCeil(floor - said, ROLLOVER_NS)
  const tai = repairs ? plus(said, rollovers * ROLLOVER_NS) : said
  const coherent = isCoherent(timing, said)
  const knowsTime = !flags.timeNotSet && !flags.timeFromUser
  const knowsUtc = knowsTime && !flags.noUtcInfo && utcOffsetSeconds !== 0
  // What the table says of a wrong date means nothing.
  const hasDate = rollovers === 0n || repairs
  const contradictsTable = knowsUtc && hasDate && contradicts(reader.table, tai, utcOffsetSeconds)
  // A receiver that does not know the time yet shows one all the same: nothing is wrong with that.
  const faults = knowsTime ? faultsOf(reader, timing, said, tai, rollovers, at) : []
  reader.last = knowsTime && coherent ? { taiNs: tai, at } : undefined
  return {
    taiNs: tai,
    trusted: knowsTime && faults.length === 0 && (!flags.utcTime || (knowsUtc && !contradictsTable)),
    coherent,
    rollover: !knowsTime || rollovers === 0n ? 'none' : repairs ? 'repaired' : 'reported',
    taiMinusUtcSeconds: knowsUtc ? TAI_MINUS_GPS_SECONDS + utcOffsetSeconds : undefined,
    contradictsTable,
    faults,
  }
}

/** Week and time of week are of GPS time; the calendar is behind it by the UTC offset if the flag says so. */
function isCoherent({ flags, utcOffsetSeconds, calendar }: PrimaryTiming, said: TaiNs): boolean {
  const expected = gpsCalendar(said, flags.utcTime ? utcOffsetSeconds : 0)
  if (!expected.ok) return false
  const { year, month, day, hour, minute, second } = expected.value
  return (
    year === calendar.year &&
    month === calendar.month &&
    day === calendar.day &&
    hour === calendar.hour &&
    minute === calendar.minute &&
    second === calendar.second
  )
}

/** Around a leap second the receiver may change a second before or after the table does. */
function contradicts(table: LeapTable, tai: TaiNs, utcOffsetSeconds: number): boolean {
  if (leapTableExpired(table, tai)) return false
  const known = [-NS_PER_SECOND, 0n, NS_PER_SECOND].map((ns) => taiMinusUtcAt(table, plus(tai, ns)))
  return !known.includes(TAI_MINUS_GPS_SECONDS + utcOffsetSeconds)
}

function faultsOf(
  reader: LabelReader,
  timing: PrimaryTiming,
  said: TaiNs,
  tai: TaiNs,
  rollovers: bigint,
  at: MonoNs,
): readonly Fault[] {
  if (!isCoherent(timing, said)) {
    const scale = timing.flags.utcTime ? `${timing.utcOffsetSeconds} s behind it` : 'of GPS time'
    const { week, timeOfWeek, calendar } = timing
    const message = `8F-AB: expected the calendar of week ${week} second ${timeOfWeek} (${shown(said)} GPS), ${scale}, got ${Object.values(calendar).join(' ')}`
    return [{ code: 'tsip.calendar', message }]
  }
  const faults: Fault[] = []
  if (rollovers > 0n && !reader.repairs) {
    const later = shown(plus(said, rollovers * ROLLOVER_NS))
    const floor = reader.floor === undefined ? 'any' : shown(reader.floor)
    const message = `8F-AB: expected a date since ${floor}, got ${shown(said)} (${rollovers * 1024n} weeks later: ${later})`
    faults.push({ code: 'tsip.week-rollover', message })
  }
  const step = stepOf(reader, tai, at)
  return step === undefined ? faults : [...faults, step]
}

function stepOf({ last }: LabelReader, tai: TaiNs, at: MonoNs): Fault | undefined {
  if (last === undefined) return undefined
  const elapsedNs = between(last.at, at)
  const advanceNs = between(last.taiNs, tai)
  const lateNs = elapsedNs - advanceNs
  // Of recordings the pace is not known; consecutive seconds are none the less consecutive.
  const isEarly = lateNs < -STEPPED_NS && advanceNs !== NS_PER_SECOND
  if (advanceNs > 0n && !isEarly && lateNs <= LATE_NS) return undefined
  const elapsedMs = elapsedNs / NS_PER_MILLISECOND
  const message = `8F-AB: expected to go on from ${shown(last.taiNs)} GPS by ${elapsedMs} ms, got ${shown(tai)}`
  if (advanceNs === 0n) return { code: 'tsip.stuck-second', message }
  return { code: abs(lateNs) < NS_PER_SECOND ? 'tsip.late-label' : 'tsip.time-step', message }
}

function shown(tai: TaiNs): string {
  const calendar = gpsCalendar(tai, 0)
  return calendar.ok ? formatUtc(calendar.value).slice(0, 'yyyy-mm-ddThh:mm:ss'.length) : `TAI ${tai} ns`
}
