import type { EmulatedEpoch } from './emulated-epoch.ts'
import { SECONDS_PER_WEEK } from './epoch.ts'
import { UBX } from './frame.ts'

/** The payloads of an emulated receiver's messages, byte for byte as the interface descriptions have them. */

const NAV_DOP = 0x0104
const NAV_EOE = 0x0161

type Build = (epoch: EmulatedEpoch) => Uint8Array

/** In the order in which they come within an epoch. */
const BUILDERS: readonly (readonly [number, Build])[] = [
  [UBX.timTp, timePulse],
  [UBX.navPvt, solution],
  [UBX.navSat, satellites],
  [UBX.navStatus, status],
  [NAV_DOP, dilution],
  [UBX.navSol, oldSolution],
  [UBX.navTimeGps, gpsTime],
  [UBX.navTimeUtc, utcTime],
  [UBX.navTimeLs, leapInformation],
  [NAV_EOE, (epoch) => payload(4, (view) => view.setUint32(0, iTowMs(epoch), true))],
  [UBX.timSvin, survey],
  [UBX.monHw, hardware],
  [UBX.monRf, radio],
  [UBX.secSig, security],
]

const BY_KEY = new Map(BUILDERS)
const NMEA = [UBX.nmeaGga, UBX.nmeaGll, UBX.nmeaGsa, UBX.nmeaGsv, UBX.nmeaRmc, UBX.nmeaVtg]

/** The messages in the order in which they come, the announcement of the next pulse first, as an M8T on record does it. */
export const MESSAGE_ORDER: readonly number[] = BUILDERS.map(([key]) => key)

/** Everything that can be set to come. */
export const EMITTED: ReadonlySet<number> = new Set([...MESSAGE_ORDER, ...NMEA])

/** The payload of one message; undefined for one that this model has not. */
export function buildPayload(key: number, epoch: EmulatedEpoch): Uint8Array | undefined {
  if (epoch.model === 'NEO-M8T' && (key === UBX.monRf || key === UBX.secSig)) return undefined
  if (epoch.model === 'ZED-F9T' && (key === UBX.navSol || key === UBX.monHw)) return undefined
  return BY_KEY.get(key)?.(epoch)
}

function payload(bytes: number, fill: (view: DataView) => void): Uint8Array {
  const made = new Uint8Array(bytes)
  fill(new DataView(made.buffer))
  return made
}

/** Before it knows the time a receiver counts from its start. */
function iTowMs({ gpsSeconds, upMs }: EmulatedEpoch): number {
  return gpsSeconds === undefined ? upMs : Number(gpsSeconds % SECONDS_PER_WEEK) * 1000
}

function week({ gpsSeconds = 0n }: EmulatedEpoch): number {
  return Number(gpsSeconds / SECONDS_PER_WEEK)
}

const UNKNOWN_NS = 0xffff_ffff

function accuracyNs(epoch: EmulatedEpoch): number {
  return epoch.fix ? 8 : epoch.gpsSeconds === undefined ? UNKNOWN_NS : 90_000
}

const [UTC_BASE, UTC_AVAILABLE, RAIM_ACTIVE, NOT_LOCKED] = [1, 2, 8, 32]
const REFERENCE_UNKNOWN = 15

function timePulse(epoch: EmulatedEpoch): Uint8Array {
  return payload(16, (view) => {
    const { pulse } = epoch
    const isUtc = pulse?.grid === 'utc'
    view.setUint32(0, Number((pulse?.seconds ?? 0n) % SECONDS_PER_WEEK) * 1000, true)
    view.setInt32(8, pulse?.quantizationErrorPs ?? 0, true)
    view.setUint16(12, Number((pulse?.seconds ?? 0n) / SECONDS_PER_WEEK), true)
    const lost = epoch.model === 'ZED-F9T' && !epoch.fix ? NOT_LOCKED : 0
    view.setUint8(14, (isUtc ? UTC_BASE : 0) | (epoch.leapKnown ? UTC_AVAILABLE : 0) | RAIM_ACTIVE | lost)
    view.setUint8(15, isUtc ? REFERENCE_UNKNOWN : 0)
  })
}

function solution(epoch: EmulatedEpoch): Uint8Array {
  return payload(92, (view) => {
    view.setUint32(0, iTowMs(epoch), true)
    calendar(view, 4, epoch)
    view.setUint8(11, (epoch.utc === undefined ? 0 : 3) | (epoch.leapKnown ? 4 : 0))
    view.setUint32(12, accuracyNs(epoch), true)
    view.setInt32(16, epoch.fractionNs, true)
    view.setUint8(20, fixCode(epoch))
    view.setUint8(21, epoch.fix ? 1 : 0)
    view.setUint8(23, epoch.fix ? epoch.satellites.length : 0)
    view.setInt32(24, Math.round(1e7 * epoch.longitudeDegrees), true)
    view.setInt32(28, Math.round(1e7 * epoch.latitudeDegrees), true)
    view.setInt32(32, Math.round(1000 * epoch.heightMetres), true)
    view.setInt32(36, Math.round(1000 * epoch.heightMetres) - 45_700, true)
    view.setUint32(40, epoch.fix ? 1200 : UNKNOWN_NS, true)
    view.setUint32(44, epoch.fix ? 1900 : UNKNOWN_NS, true)
    view.setUint32(68, epoch.fix ? 60 : 20_000, true)
    view.setUint16(76, epoch.fix ? 170 : 9999, true)
  })
}

function fixCode({ fix, timeOnly }: EmulatedEpoch): number {
  return fix ? (timeOnly ? 5 : 3) : 0
}

function calendar(view: DataView, at: number, { utc }: EmulatedEpoch): void {
  view.setUint16(at, utc?.year ?? 2015, true)
  view.setUint8(at + 2, utc?.month ?? 1)
  view.setUint8(at + 3, utc?.day ?? 1)
  view.setUint8(at + 4, utc?.hour ?? 0)
  view.setUint8(at + 5, utc?.minute ?? 0)
  view.setUint8(at + 6, utc?.second ?? 0)
}

function satellites(epoch: EmulatedEpoch): Uint8Array {
  const list = epoch.satellites
  return payload(8 + 12 * list.length, (view) => {
    view.setUint32(0, iTowMs(epoch), true)
    view.setUint8(4, 1)
    view.setUint8(5, list.length)
    for (const [index, satellite] of list.entries()) {
      const at = 8 + 12 * index
      view.setUint8(at + 1, satellite.number)
      view.setUint8(at + 2, satellite.cn0DbHz)
      view.setInt8(at + 3, satellite.elevation)
      view.setInt16(at + 4, satellite.azimuth, true)
      const quality = satellite.cn0DbHz === 0 ? 1 : 7
      view.setUint32(at + 8, quality | (epoch.fix ? 8 : 0) | (1 << 4) | (1 << 11) | (1 << 12), true)
    }
  })
}

function status(epoch: EmulatedEpoch): Uint8Array {
  return payload(16, (view) => {
    view.setUint32(0, iTowMs(epoch), true)
    view.setUint8(4, fixCode(epoch))
    view.setUint8(
      5,
      (epoch.fix ? 1 : 0) | (epoch.gpsSeconds === undefined ? 0 : 0x0c) | (epoch.model === 'NEO-M8T' ? 0xd0 : 0),
    )
    view.setUint8(7, epoch.spoofing << 3)
    view.setUint32(8, 15_100, true)
    view.setUint32(12, epoch.upMs, true)
  })
}

function dilution(epoch: EmulatedEpoch): Uint8Array {
  return payload(18, (view) => {
    view.setUint32(0, iTowMs(epoch), true)
    const hundredths = epoch.fix ? [201, 170, 108, 141, 90, 68, 59] : Array.from({ length: 7 }, () => 9999)
    for (const [index, value] of hundredths.entries()) view.setUint16(4 + 2 * index, value, true)
  })
}

function oldSolution(epoch: EmulatedEpoch): Uint8Array {
  return payload(52, (view) => {
    view.setUint32(0, iTowMs(epoch), true)
    view.setInt32(4, epoch.fractionNs, true)
    view.setInt16(8, week(epoch), true)
    view.setUint8(10, fixCode(epoch))
    view.setUint8(11, (epoch.fix ? 1 : 0) | (epoch.gpsSeconds === undefined ? 0 : 0x0c))
    view.setUint16(44, epoch.fix ? 170 : 9999, true)
    view.setUint8(47, epoch.fix ? epoch.satellites.length : 0)
  })
}

function gpsTime(epoch: EmulatedEpoch): Uint8Array {
  return payload(16, (view) => {
    view.setUint32(0, iTowMs(epoch), true)
    view.setInt32(4, epoch.fractionNs, true)
    view.setInt16(8, week(epoch), true)
    view.setInt8(10, epoch.leapSeconds)
    view.setUint8(11, (epoch.gpsSeconds === undefined ? 0 : 3) | (epoch.leapKnown ? 4 : 0))
    view.setUint32(12, accuracyNs(epoch), true)
  })
}

const UTC_USNO = 3

function utcTime(epoch: EmulatedEpoch): Uint8Array {
  return payload(20, (view) => {
    view.setUint32(0, iTowMs(epoch), true)
    view.setUint32(4, accuracyNs(epoch), true)
    view.setInt32(8, epoch.fractionNs, true)
    calendar(view, 12, epoch)
    const flags = (epoch.utc === undefined ? 0 : 3) | (epoch.leapKnown ? 4 : 0)
    view.setUint8(19, flags | (UTC_USNO << 4))
  })
}

function leapInformation(epoch: EmulatedEpoch): Uint8Array {
  return payload(24, (view) => {
    view.setUint32(0, iTowMs(epoch), true)
    view.setUint8(8, epoch.leapSource)
    view.setInt8(9, epoch.leapSeconds)
    const { leapEvent } = epoch
    if (leapEvent !== undefined) {
      view.setUint8(10, epoch.leapSource)
      view.setInt8(11, leapEvent.change)
      view.setInt32(12, leapEvent.seconds, true)
    }
    view.setUint8(23, (epoch.leapKnown ? 1 : 0) | (leapEvent === undefined ? 0 : 2))
  })
}

function survey({ survey: done }: EmulatedEpoch): Uint8Array {
  return payload(28, (view) => {
    view.setUint32(0, done.seconds, true)
    view.setUint32(16, Math.min(Math.round(done.accuracyMm ** 2), 0xffff_ffff), true)
    view.setUint32(20, done.seconds, true)
    view.setUint8(24, done.valid ? 1 : 0)
    view.setUint8(25, done.active ? 1 : 0)
  })
}

const GAIN_MAX = 8191

function hardware(epoch: EmulatedEpoch): Uint8Array {
  return payload(60, (view) => {
    view.setUint16(16, 110, true)
    view.setUint16(18, Math.round(epoch.gain * GAIN_MAX), true)
    view.setUint8(20, epoch.antenna)
    view.setUint8(21, 1)
    view.setUint8(22, 1 | (epoch.jamming << 2))
    view.setUint8(45, epoch.continuousWave)
  })
}

/** Two bands, as recorded of a ZED-F9T. */
function radio(epoch: EmulatedEpoch): Uint8Array {
  return payload(52, (view) => {
    view.setUint8(1, 2)
    for (const block of [0, 1]) {
      const at = 4 + 24 * block
      view.setUint8(at, block)
      view.setUint8(at + 1, epoch.jamming)
      view.setUint8(at + 2, epoch.antenna)
      view.setUint8(at + 3, 1)
      view.setUint16(at + 12, block === 0 ? 0x41 : 0x2f, true)
      view.setUint16(at + 14, Math.round(epoch.gain * GAIN_MAX), true)
      view.setUint8(at + 16, epoch.continuousWave)
    }
  })
}

function security(epoch: EmulatedEpoch): Uint8Array {
  return payload(4, (view) => {
    view.setUint8(0, 2)
    view.setUint8(1, 1 | (epoch.jamming << 1) | 8 | (epoch.spoofing << 4))
  })
}
