import { type Fault, ok, type Result } from '../../src/core/fault.ts'
import { formatUtc, type LeapTable, taiToUtc } from '../../src/core/leap.ts'
import type { MonoNs, TaiNs } from '../../src/core/time.ts'
import { addRollovers, ROLLOVER_WEEKS, rolloversBefore } from '../gnss/week-rollover.ts'
import { gpsToTai, secondOf, utcReadingToTai } from './epoch.ts'
import type { UbxMessage } from './protocol.ts'

/** When the first and the last byte of a message arrived. */
export interface Arrival {
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
}

/** The second of a navigation epoch, as one message tells it. */
export interface TimeReading {
  readonly from: 'NAV-TIMEGPS' | 'NAV-PVT' | 'NAV-TIMEUTC'
  readonly scale: 'gps' | 'utc'
  /** The epoch as it was told. */
  readonly toldNs: TaiNs
  /** The whole second of it, after the rollovers were added. */
  readonly second: TaiNs
  readonly iTowMs: number
  /** How many times 1024 weeks had to be added. */
  readonly rollovers: number
  readonly arrival: Arrival
}

/** A receiver that does not know better than this has a time of its own clock. */
const ACCURACY_NS_MAX = 10_000_000

/**
 * The reading of a message that tells the time; undefined for other messages, without valid flags, and between seconds.
 * Fault `ublox.no-such-time`: a date or time that does not exist.
 */
export function readTime(
  message: UbxMessage,
  arrival: Arrival,
  table: LeapTable,
  floor: TaiNs | undefined,
): Result<TimeReading | undefined> {
  if (message.type === 'gps-time') {
    if (!message.towValid || !message.weekValid || message.accuracyNs > ACCURACY_NS_MAX) return ok(undefined)
    const tai = gpsToTai(message.week, message.iTowMs, message.fractionNs)
    const rollovers = rolloversBefore(tai, floor)
    const reading = { from: 'NAV-TIMEGPS', scale: 'gps', iTowMs: message.iTowMs, rollovers, arrival } as const
    return ok(whole(reading, tai, addRollovers(tai, rollovers)))
  }
  if (message.type !== 'utc-time' && message.type !== 'navigation-solution') return ok(undefined)
  const [from, valid] =
    message.type === 'utc-time'
      ? (['NAV-TIMEUTC', message.towValid && message.weekValid] as const)
      : (['NAV-PVT', message.dateValid && message.timeValid] as const)
  if (!valid || message.accuracyNs > ACCURACY_NS_MAX) return ok(undefined)
  const told = utcReadingToTai(table, message, 0)
  if (!told.ok) return noSuchTime(from, told.fault)
  const rollovers = rolloversBefore(told.value, floor)
  const tai = utcReadingToTai(table, message, rollovers)
  if (!tai.ok) return noSuchTime(from, tai.fault)
  const reading = { from, scale: 'utc', iTowMs: message.iTowMs, rollovers, arrival } as const
  return ok(whole(reading, told.value, tai.value))
}

function whole(
  reading: Omit<TimeReading, 'toldNs' | 'second'>,
  toldNs: TaiNs,
  repairedNs: TaiNs,
): TimeReading | undefined {
  const second = secondOf(repairedNs)
  return second === undefined ? undefined : { ...reading, toldNs, second }
}

function noSuchTime(from: string, fault: Fault): Result<never> {
  return { ok: false, fault: { code: 'ublox.no-such-time', message: `${from}: ${fault.message}` } }
}

/** The fault of a reading that lies before the floor date. */
export function rolloverFault(table: LeapTable, reading: TimeReading): Fault {
  const weeks = ROLLOVER_WEEKS * reading.rollovers
  const repaired = `${weeks}-week repair: ${dateOf(table, reading.second)}`
  const message = `${reading.from}: expected a date from the configured floorDate on, got ${dateOf(table, reading.toldNs)} (${repaired})`
  return { code: 'ublox.week-rollover', message }
}

function dateOf(table: LeapTable, tai: TaiNs): string {
  return shownUtc(table, tai).slice(0, 'yyyy-mm-dd'.length)
}

/** An instant for people. */
export function shownUtc(table: LeapTable, tai: TaiNs): string {
  const utc = taiToUtc(table, tai)
  return utc.ok ? formatUtc(utc.value) : `${tai} ns TAI`
}
