import { divFloor } from '../../src/core/integer.ts'
import { type LeapTable, taiMinusUtcAt, taiToUtc } from '../../src/core/leap.ts'
import { NS_PER_SECOND, type TaiNs, taiNs } from '../../src/core/time.ts'
import { mjdOfUtcSecond } from './modified-julian-date.ts'

/** What the clock of an emulated unit shows. */
export interface ClockFace {
  readonly mjd: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const SECONDS_PER_DAY = 86_400n
/** Leap seconds are announced half a year ahead. */
const SCHEDULED_SECONDS = 183n * SECONDS_PER_DAY

/** A clock that keeps leap seconds as they come, or that nobody told of those since `startTai`. */
export function faceOf(second: bigint, table: LeapTable, keepsLeaps: boolean, startTai: TaiNs): ClockFace {
  const tai = startOf(second)
  const now = taiMinusUtcAt(table, tai) ?? 0
  const utc = taiToUtc(table, tai)
  if (keepsLeaps && utc.ok) {
    const { hour, minute, second: ofMinute } = utc.value
    // The last second of a day that is one longer belongs to that day.
    const utcSecond = second - BigInt(now) - (ofMinute === 60 ? 1n : 0n)
    return { mjd: mjdOfUtcSecond(utcSecond), hour, minute, second: ofMinute }
  }
  const utcSecond = second - BigInt(taiMinusUtcAt(table, startTai) ?? 0)
  return { ...timeOf(utcSecond), mjd: mjdOfUtcSecond(utcSecond) }
}

/** A clock that was never set counts from zero. */
export function unsetFace(seconds: bigint): ClockFace {
  return { ...timeOf(seconds), mjd: Number(divFloor(seconds, SECONDS_PER_DAY)) }
}

function timeOf(second: bigint): Omit<ClockFace, 'mjd'> {
  const ofDay = Number(second - divFloor(second, SECONDS_PER_DAY) * SECONDS_PER_DAY)
  return { hour: Math.floor(ofDay / 3600), minute: Math.floor(ofDay / 60) % 60, second: ofDay % 60 }
}

/** The leap second that comes next within half a year: the day at whose end, and the length of its last minute. */
export function scheduledLeap(
  second: bigint,
  table: LeapTable,
): { readonly mjd: number; readonly minuteSeconds: number } | undefined {
  const before = taiMinusUtcAt(table, startOf(second))
  const now = second - BigInt(before ?? 0)
  const next = table.entries.find(({ sinceUtcSecond }) => sinceUtcSecond > now)
  if (before === undefined || next === undefined || next.sinceUtcSecond - now > SCHEDULED_SECONDS) return undefined
  return { mjd: mjdOfUtcSecond(next.sinceUtcSecond) - 1, minuteSeconds: 60 + next.taiMinusUtcSeconds - before }
}

function startOf(second: bigint): TaiNs {
  return taiNs(second * NS_PER_SECOND)
}
