import { fail, ok, type Result } from '../../src/core/fault.ts'
import { nameOf, UBX, type UbxFrame } from './frame.ts'
import type { FrontEnd, SignalSecurity, Version } from './monitor-messages.ts'
import { decodeHardware, decodeRadio, decodeSignalSecurity, decodeVersion } from './monitor-messages.ts'
import type { NavigationSolution, NavigationStatus, OldSolution, SignalsInView, Survey } from './navigation-messages.ts'
import {
  decodeNavigationSolution,
  decodeNavigationStatus,
  decodeNavigationSurvey,
  decodeOldSolution,
  decodeSatellites,
  decodeSpaceVehicles,
  decodeTimingSurvey,
} from './navigation-messages.ts'
import type { GpsTime, LeapInformation, TimePulse, UtcTimeMessage } from './time-messages.ts'
import { decodeGpsTime, decodeLeapInformation, decodeTimePulse, decodeUtcTime } from './time-messages.ts'

/** What a u-blox receiver says, one frame at a time. */
export type UbxMessage =
  | TimePulse
  | GpsTime
  | UtcTimeMessage
  | LeapInformation
  | NavigationSolution
  | NavigationStatus
  | OldSolution
  | SignalsInView
  | Survey
  | FrontEnd
  | SignalSecurity
  | Version
  /** ACK-ACK and ACK-NAK: whether the message `key` was taken. */
  | { readonly type: 'acknowledge'; readonly key: number; readonly accepted: boolean }
  /** An answer about a setting; a copy. */
  | { readonly type: 'setting'; readonly key: number; readonly payload: Uint8Array }
  | { readonly type: 'other' }

/** A payload of `bytes`, or from there on when it is open-ended. */
interface Layout {
  readonly bytes: readonly number[]
  readonly openEnded?: boolean
  readonly decode: (view: DataView, payload: Uint8Array) => UbxMessage | undefined
}

const LAYOUTS = new Map<number, Layout>([
  [UBX.timTp, { bytes: [16], decode: decodeTimePulse }],
  [UBX.navTimeGps, { bytes: [16], decode: decodeGpsTime }],
  [UBX.navTimeUtc, { bytes: [20], decode: decodeUtcTime }],
  [UBX.navTimeLs, { bytes: [24], decode: decodeLeapInformation }],
  // 84 bytes in early generation 7, 92 since; the beginning is the same.
  [UBX.navPvt, { bytes: [84, 92], decode: decodeNavigationSolution }],
  [UBX.navStatus, { bytes: [16], decode: decodeNavigationStatus }],
  [UBX.navSol, { bytes: [52], decode: decodeOldSolution }],
  [UBX.navSat, { bytes: [8], openEnded: true, decode: decodeSatellites }],
  [UBX.navSvInfo, { bytes: [8], openEnded: true, decode: decodeSpaceVehicles }],
  [UBX.navSvin, { bytes: [40], decode: decodeNavigationSurvey }],
  [UBX.timSvin, { bytes: [28], decode: decodeTimingSurvey }],
  [UBX.monHw, { bytes: [60, 68], decode: decodeHardware }],
  [UBX.monRf, { bytes: [4], openEnded: true, decode: decodeRadio }],
  [UBX.secSig, { bytes: [4], openEnded: true, decode: decodeSignalSecurity }],
  [UBX.monVer, { bytes: [40], openEnded: true, decode: (_, payload) => decodeVersion(payload) }],
  [UBX.ackAck, { bytes: [2], decode: (view) => decodeAcknowledge(view, true) }],
  [UBX.ackNak, { bytes: [2], decode: (view) => decodeAcknowledge(view, false) }],
])

const CONFIGURATION_CLASS = 0x06

/** Understands a frame; what is not for timing is `other`. Fault: `ublox.length`. */
export function parseMessage({ key, payload }: UbxFrame): Result<UbxMessage> {
  const layout = LAYOUTS.get(key)
  if (layout === undefined) {
    return ok(key >> 8 === CONFIGURATION_CLASS ? { type: 'setting', key, payload: payload.slice() } : { type: 'other' })
  }
  const { bytes, openEnded = false, decode } = layout
  const fits = openEnded ? payload.length >= (bytes[0] ?? 0) : bytes.includes(payload.length)
  const message = fits ? decode(new DataView(payload.buffer, payload.byteOffset, payload.length), payload) : undefined
  if (message !== undefined) return ok(message)
  const expected = openEnded ? `whole blocks behind ${bytes.join(' or ')} bytes` : `${bytes.join(' or ')} bytes`
  return fail('ublox.length', `${nameOf(key)}: expected ${expected}, got ${payload.length}`)
}

function decodeAcknowledge(view: DataView, accepted: boolean): UbxMessage {
  return { type: 'acknowledge', key: view.getUint16(0), accepted }
}
