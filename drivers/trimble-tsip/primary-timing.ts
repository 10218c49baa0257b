import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sizedData } from './packet-fields.ts'

/** 8F-AB, Primary Timing Packet: which second the pulse has begun that has just occurred (ThunderBolt E guide p. 78). */
export interface PrimaryTiming {
  /** Always of GPS time, whatever scale the calendar is in (recorded of a ThunderBolt in UTC). */
  readonly timeOfWeek: number
  readonly week: number
  /** GPS − UTC, seconds; 0 until the receiver has heard it from the sky. */
  readonly utcOffsetSeconds: number
  readonly flags: TimingFlags
  /** Of the scale that the flags name. Second 60 does not exist: in an inserted second :59 comes twice. */
  readonly calendar: CalendarFields
}

export interface TimingFlags {
  /** Bit 0: the calendar is in UTC, otherwise in GPS time. */
  readonly utcTime: boolean
  /** Bit 1: the pulse is aligned to UTC, otherwise to GPS time. */
  readonly utcPulse: boolean
  /** Bit 2. */
  readonly timeNotSet: boolean
  /** Bit 3. */
  readonly noUtcInfo: boolean
  /** Bit 4: a test mode, in which the host sets the time. */
  readonly timeFromUser: boolean
}

export interface CalendarFields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** Subcode included. */
const LENGTH = 17
const SECONDS_PER_WEEK = 604_800
/** The end of 2094: no instant that the program works with lies beyond it. */
const WEEK_MAX = 5999

/** `data` begins with the subcode. Faults: `tsip.length`, `tsip.field`. */
export function parsePrimaryTiming(data: Uint8Array): Result<PrimaryTiming> {
  const view = sizedData('8F-AB', data, LENGTH)
  if (!view.ok) return view
  const at = view.value
  const flags = at.getUint8(9)
  const timing: PrimaryTiming = {
    timeOfWeek: at.getUint32(1),
    week: at.getUint16(5),
    utcOffsetSeconds: at.getInt16(7),
    flags: {
      utcTime: (flags & 1) !== 0,
      utcPulse: (flags & 2) !== 0,
      timeNotSet: (flags & 4) !== 0,
      noUtcInfo: (flags & 8) !== 0,
      timeFromUser: (flags & 16) !== 0,
    },
    calendar: {
      second: at.getUint8(10),
      minute: at.getUint8(11),
      hour: at.getUint8(12),
      day: at.getUint8(13),
      month: at.getUint8(14),
      year: at.getUint16(15),
    },
  }
  const { timeOfWeek, week } = timing
  if (timeOfWeek >= SECONDS_PER_WEEK) {
    return fail('tsip.field', `8F-AB: expected a time of week below ${SECONDS_PER_WEEK} s, got ${timeOfWeek}`)
  }
  if (week > WEEK_MAX) return fail('tsip.field', `8F-AB: expected a week up to ${WEEK_MAX}, got ${week}`)
  return ok(timing)
}

/** The packet's id, subcode and data. */
export function encodePrimaryTiming(timing: PrimaryTiming): Uint8Array {
  const { flags, calendar } = timing
  const body = new Uint8Array(1 + LENGTH)
  const at = new DataView(body.buffer, 1)
  body.set([0x8f, 0xab])
  at.setUint32(1, timing.timeOfWeek)
  at.setUint16(5, timing.week)
  at.setInt16(7, timing.utcOffsetSeconds)
  const bits = [flags.utcTime, flags.utcPulse, flags.timeNotSet, flags.noUtcInfo, flags.timeFromUser]
  at.setUint8(
    9,
    bits.reduce((sum, bit, index) => sum + (bit ? 1 << index : 0), 0),
  )
  body.set([calendar.second, calendar.minute, calendar.hour, calendar.day, calendar.month], 11)
  at.setUint16(15, calendar.year)
  return body
}
