import { bit, bits } from './bit-field.ts'
import { decodeCalendar, type UtcReading } from './time-messages.ts'

/** What receivers call their fix; `time-only` is the fixed position of a timing receiver. */
export type FixType = 'none' | 'dead-reckoning' | '2D' | '3D' | 'combined' | 'time-only' | 'reserved'

const FIX_TYPES: readonly FixType[] = ['none', 'dead-reckoning', '2D', '3D', 'combined', 'time-only']

function fixTypeOf(code: number): FixType {
  return FIX_TYPES[code] ?? 'reserved'
}

/** NAV-STATUS. */
export interface NavigationStatus {
  readonly type: 'navigation-status'
  readonly fixType: FixType
  readonly fixOk: boolean
  /** 0 unknown or off, 1 none, 2 indicated, 3 several indications. */
  readonly spoofing: number
  readonly upSeconds: number
}

export function decodeNavigationStatus(view: DataView): NavigationStatus {
  return {
    type: 'navigation-status',
    fixType: fixTypeOf(view.getUint8(4)),
    fixOk: bit(view.getUint8(5), 0),
    spoofing: bits(view.getUint8(7), 3, 2),
    upSeconds: Math.floor(view.getUint32(12, true) / 1000),
  }
}

/** A position on the ellipsoid, and the half-width of its error. */
export interface Position {
  readonly latitudeDegrees: number
  readonly longitudeDegrees: number
  readonly heightMetres: number
  readonly accuracyMetres: number
}

/** NAV-PVT. */
export interface NavigationSolution extends UtcReading {
  readonly type: 'navigation-solution'
  readonly iTowMs: number
  readonly dateValid: boolean
  readonly timeValid: boolean
  /** No doubt about the seconds, leap seconds included. */
  readonly resolved: boolean
  readonly accuracyNs: number
  readonly fixType: FixType
  readonly fixOk: boolean
  readonly satellitesUsed: number
  readonly position: Position
}

export function decodeNavigationSolution(view: DataView): NavigationSolution {
  const valid = view.getUint8(11)
  return {
    type: 'navigation-solution',
    iTowMs: view.getUint32(0, true),
    utc: decodeCalendar(view, 4),
    dateValid: bit(valid, 0),
    timeValid: bit(valid, 1),
    resolved: bit(valid, 2),
    accuracyNs: view.getUint32(12, true),
    fractionNs: view.getInt32(16, true),
    fixType: fixTypeOf(view.getUint8(20)),
    fixOk: bit(view.getUint8(21), 0),
    satellitesUsed: view.getUint8(23),
    position: {
      longitudeDegrees: view.getInt32(24, true) / 1e7,
      latitudeDegrees: view.getInt32(28, true) / 1e7,
      heightMetres: view.getInt32(32, true) / 1000,
      accuracyMetres: view.getUint32(40, true) / 1000,
    },
  }
}

/** NAV-SOL, the only word on the fix of generations before 7. */
export interface OldSolution {
  readonly type: 'old-solution'
  readonly fixType: FixType
  readonly fixOk: boolean
  readonly satellitesUsed: number
}

export function decodeOldSolution(view: DataView): OldSolution {
  return {
    type: 'old-solution',
    fixType: fixTypeOf(view.getUint8(10)),
    fixOk: bit(view.getUint8(11), 0),
    satellitesUsed: view.getUint8(47),
  }
}

/** NAV-SAT and NAV-SVINFO: the signals that are heard. */
export interface SignalsInView {
  readonly type: 'signals'
  readonly inView: number
  readonly used: number
  /** C/N0 of what is being tracked, dB-Hz. */
  readonly cn0DbHz: readonly number[]
}

const LISTED_HEADER_BYTES = 8
const LISTED_BYTES = 12

/** Twelve bytes a satellite in both, the header of eight included: `cn0At` and `usedAt` are offsets within one. */
function decodeSignals(view: DataView, count: number, cn0At: number, usedAt: number, usedBit: number): SignalsInView {
  const cn0DbHz: number[] = []
  let used = 0
  const listed = Math.min(count, Math.floor((view.byteLength - LISTED_HEADER_BYTES) / LISTED_BYTES))
  for (let index = 0; index < listed; index++) {
    const at = LISTED_HEADER_BYTES + LISTED_BYTES * index
    const cn0 = view.getUint8(at + cn0At)
    if (cn0 > 0) cn0DbHz.push(cn0)
    if (bit(view.getUint8(at + usedAt), usedBit)) used += 1
  }
  return { type: 'signals', inView: count, used, cn0DbHz }
}

export function decodeSatellites(view: DataView): SignalsInView {
  return decodeSignals(view, view.getUint8(5), 2, 8, 3)
}

export function decodeSpaceVehicles(view: DataView): SignalsInView {
  return decodeSignals(view, view.getUint8(4), 4, 2, 0)
}

/** NAV-SVIN and TIM-SVIN: the survey of the antenna's position. */
export interface Survey {
  readonly type: 'survey'
  readonly active: boolean
  readonly valid: boolean
  readonly seconds: number
  readonly observations: number
  readonly accuracyMetres: number
}

export function decodeNavigationSurvey(view: DataView): Survey {
  return {
    type: 'survey',
    seconds: view.getUint32(8, true),
    accuracyMetres: view.getUint32(28, true) / 10_000,
    observations: view.getUint32(32, true),
    valid: view.getUint8(36) === 1,
    active: view.getUint8(37) === 1,
  }
}

/** TIM-SVIN gives a variance, mm². */
export function decodeTimingSurvey(view: DataView): Survey {
  return {
    type: 'survey',
    seconds: view.getUint32(0, true),
    accuracyMetres: Math.sqrt(view.getUint32(16, true)) / 1000,
    observations: view.getUint32(20, true),
    valid: view.getUint8(24) === 1,
    active: view.getUint8(25) === 1,
  }
}
