import { dateAfter1970, daysSince1970 } from '../../src/core/civil-date.ts'
import type { LeapTable, UtcTime } from '../../src/core/leap.ts'
import { NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { type Timescale, taiToReading } from '../nmea/timescale.ts'
import type { EmulatorFault } from './emulator-faults.ts'
import { ROLLOVER_DAYS, shiftDays } from './label-judge.ts'
import type { NmeaReceiverOptions } from './options.ts'

/** What an emulated receiver with these faults believes the date and time to be. */
export interface ReceiverTime {
  readonly time: UtcTime | undefined
  readonly rmcTime: UtcTime | undefined
  readonly zdaTime: UtcTime | undefined
  readonly gps: UtcTime
}

/** Too few by so many, and the time so far ahead, while the leap count is the firmware's. */
export const LEAP_SECONDS_MISSING = 2

/** `second`: the TAI second that its sentences are to name. Undefined before UTC had whole leap seconds. */
export function receiverTime(
  options: NmeaReceiverOptions,
  faults: ReadonlySet<EmulatorFault>,
  second: bigint,
  table: LeapTable,
): ReceiverTime {
  const missing = faults.has('leap-unknown') ? BigInt(LEAP_SECONDS_MISSING) : 0n
  const told = (ahead: bigint): UtcTime | undefined => readingOf(options, faults, second + missing + ahead, table)
  const time = told(0n)
  return {
    time,
    rmcTime: faults.has('midnight-race') && time !== undefined ? onTheNextDay(time) : time,
    zdaTime: told(faults.has('zda-ahead') ? 1n : 0n),
    gps: gpsOf(second, table),
  }
}

function readingOf(
  options: NmeaReceiverOptions,
  faults: ReadonlySet<EmulatorFault>,
  second: bigint,
  table: LeapTable,
): UtcTime | undefined {
  const reading = taiToReading(taiNs(second * NS_PER_SECOND), scaleOf(options, faults), table)
  if (!reading.ok) return undefined
  const shown = asFirmwareTells(reading.value, options.emulator.leapSecond)
  if (faults.has('rtc-date')) return { ...shown, year: 2006, month: 12, day: 16 }
  if (!faults.has('rollover')) return shown
  const early = shiftDays(table, shown, -ROLLOVER_DAYS)
  return early.ok ? early.value : undefined
}

function scaleOf(options: NmeaReceiverOptions, faults: ReadonlySet<EmulatorFault>): Timescale {
  if (faults.has('gps-time')) return options.timescale === 'gps' ? 'utc' : 'gps'
  if (faults.has('glonass-time')) return options.timescale === 'glonass' ? 'utc' : 'glonass'
  return options.timescale
}

/** The ways in which firmware gets over an inserted second. */
function asFirmwareTells(utc: UtcTime, style: NmeaReceiverOptions['emulator']['leapSecond']): UtcTime {
  if (utc.second !== 60 || style === 'sixty') return utc
  if (style === 'fifty-nine-twice') return { ...utc, second: 59 }
  const next = utc.minute === 59 && utc.hour === 23 ? onTheNextDay({ ...utc, hour: 0 }) : { ...utc, hour: utc.hour + 1 }
  return { ...next, minute: 0, second: 0 }
}

function onTheNextDay(utc: UtcTime): UtcTime {
  return { ...utc, ...dateAfter1970(daysSince1970(utc) + 1) }
}

function gpsOf(second: bigint, table: LeapTable): UtcTime {
  const gps = taiToReading(taiNs(second * NS_PER_SECOND), 'gps', table)
  return gps.ok ? gps.value : { year: 1980, month: 1, day: 6, hour: 0, minute: 0, second: 0, nanosecond: 0 }
}
