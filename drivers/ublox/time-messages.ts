import type { UtcTime } from '../../src/core/leap.ts'
import { bit, bits } from './bit-field.ts'

/** TIM-TP: which second the next time pulse marks, and how far from it the edge falls. */
export interface TimePulse {
  readonly type: 'time-pulse'
  readonly towMs: number
  readonly towSubMs: number
  /** ps, as it is sent; undefined where the receiver says that it is none. */
  readonly quantizationErrorPs: number | undefined
  readonly week: number
  readonly timeBase: 'utc' | 'gnss'
  readonly utcAvailable: boolean
  readonly raim: 'unknown' | 'inactive' | 'active' | 'reserved'
  /** The pulse does not follow the satellites (generation 9; older ones do not say). */
  readonly notLocked: boolean
  /** 0 GPS, 1 GLONASS, 2 BeiDou, 3 Galileo, 4 NavIC, 15 unknown. Of a UTC time base: nothing. */
  readonly reference: number
  readonly utcStandard: number
}

export function decodeTimePulse(view: DataView): TimePulse {
  const flags = view.getUint8(14)
  const reference = view.getUint8(15)
  return {
    type: 'time-pulse',
    towMs: view.getUint32(0, true),
    towSubMs: view.getUint32(4, true),
    quantizationErrorPs: bit(flags, 4) ? undefined : view.getInt32(8, true),
    week: view.getUint16(12, true),
    timeBase: bit(flags, 0) ? 'utc' : 'gnss',
    utcAvailable: bit(flags, 1),
    raim: (['unknown', 'inactive', 'active', 'reserved'] as const)[bits(flags, 2, 2)] ?? 'reserved',
    notLocked: bit(flags, 5),
    reference: bits(reference, 0, 4),
    utcStandard: bits(reference, 4, 4),
  }
}

/** NAV-TIMEGPS: the epoch in GPS time. */
export interface GpsTime {
  readonly type: 'gps-time'
  readonly iTowMs: number
  /** To be added to `iTowMs`, within ±500000 ns. */
  readonly fractionNs: number
  readonly week: number
  readonly leapSeconds: number
  readonly towValid: boolean
  readonly weekValid: boolean
  readonly leapSecondsValid: boolean
  readonly accuracyNs: number
}

export function decodeGpsTime(view: DataView): GpsTime {
  const valid = view.getUint8(11)
  return {
    type: 'gps-time',
    iTowMs: view.getUint32(0, true),
    fractionNs: view.getInt32(4, true),
    week: view.getInt16(8, true),
    leapSeconds: view.getInt8(10),
    towValid: bit(valid, 0),
    weekValid: bit(valid, 1),
    leapSecondsValid: bit(valid, 2),
    accuracyNs: view.getUint32(12, true),
  }
}

/** The calendar fields that NAV-TIMEUTC and NAV-PVT share; `fractionNs` may be negative and is to be added to `utc`. */
export interface UtcReading {
  readonly utc: UtcTime
  readonly fractionNs: number
}

/** NAV-TIMEUTC: the epoch in UTC. */
export interface UtcTimeMessage extends UtcReading {
  readonly type: 'utc-time'
  readonly iTowMs: number
  readonly accuracyNs: number
  readonly towValid: boolean
  readonly weekValid: boolean
  /** The leap seconds are known. */
  readonly utcValid: boolean
  readonly utcStandard: number
}

export function decodeUtcTime(view: DataView): UtcTimeMessage {
  const valid = view.getUint8(19)
  return {
    type: 'utc-time',
    iTowMs: view.getUint32(0, true),
    accuracyNs: view.getUint32(4, true),
    fractionNs: view.getInt32(8, true),
    utc: decodeCalendar(view, 12),
    towValid: bit(valid, 0),
    weekValid: bit(valid, 1),
    utcValid: bit(valid, 2),
    utcStandard: bits(valid, 4, 4),
  }
}

/** Year (two bytes), month, day, hour, minute, second. Which of them exist is the leap table's knowledge. */
export function decodeCalendar(view: DataView, offset: number): UtcTime {
  return {
    year: view.getUint16(offset, true),
    month: view.getUint8(offset + 2),
    day: view.getUint8(offset + 3),
    hour: view.getUint8(offset + 4),
    minute: view.getUint8(offset + 5),
    second: view.getUint8(offset + 6),
    nanosecond: 0,
  }
}

/** NAV-TIMELS: where the count of leap seconds comes from, and the next change. */
export interface LeapInformation {
  readonly type: 'leap-information'
  /** 0: the default of the firmware, which may be wrong; 255: not said. */
  readonly source: number
  readonly leapSeconds: number
  readonly leapSecondsValid: boolean
  readonly change: number
  /** Until the change, s; past ones are negative. Undefined where none is known. */
  readonly secondsToEvent: number | undefined
}

/** `srcOfCurrLs` of a count that no satellite has told yet. */
export const LEAP_SOURCE_DEFAULT = 0

export function decodeLeapInformation(view: DataView): LeapInformation {
  const valid = view.getUint8(23)
  return {
    type: 'leap-information',
    source: view.getUint8(8),
    leapSeconds: view.getInt8(9),
    change: view.getInt8(11),
    leapSecondsValid: bit(valid, 0),
    secondsToEvent: bit(valid, 1) ? view.getInt32(12, true) : undefined,
  }
}
