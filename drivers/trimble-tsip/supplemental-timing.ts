import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sizedData } from './packet-fields.ts'

/** 8F-AC, Supplemental Timing Packet, sent right after 8F-AB (ThunderBolt E guide p. 79 to 83). */
export interface SupplementalTiming {
  readonly receiverMode: number
  readonly discipliningMode: number
  readonly surveyPercent: number
  readonly holdoverSeconds: number
  /** Bit fields; their names are in alarm-bits.ts. */
  readonly criticalAlarms: number
  readonly minorAlarms: number
  readonly decodingStatus: number
  readonly discipliningActivity: number
  /** Spare in a ThunderBolt; in a SMT 360 it is 1 from the loss of the satellites until the pulse is right again. */
  readonly pulseIndication: number
  readonly pulseReference: number
  /** Positive: the pulse is late against the scale it is aligned to. In a Resolution it is the local clock's bias. */
  readonly pulseOffsetNs: number
  /** Positive: the receiver's clock is slow. */
  readonly clockOffsetPpb: number
  readonly dacValue: number
  readonly dacVolts: number
  readonly temperatureCelsius: number
  readonly latitudeRadians: number
  readonly longitudeRadians: number
  readonly altitudeMetres: number
  /** Zero in models that do not report it. Which sign means late is not documented. */
  readonly quantizationErrorNs: number
  readonly reserved: number
}

/** Subcode included. */
const LENGTH = 68
const RECEIVER_MODE_MAX = 7
const DISCIPLINING_MODE_MAX = 10

/** `data` begins with the subcode. Faults: `tsip.length`, `tsip.field`. */
export function parseSupplementalTiming(data: Uint8Array): Result<SupplementalTiming> {
  const view = sizedData('8F-AC', data, LENGTH)
  if (!view.ok) return view
  const at = view.value
  const timing: SupplementalTiming = {
    receiverMode: at.getUint8(1),
    discipliningMode: at.getUint8(2),
    surveyPercent: at.getUint8(3),
    holdoverSeconds: at.getUint32(4),
    criticalAlarms: at.getUint16(8),
    minorAlarms: at.getUint16(10),
    decodingStatus: at.getUint8(12),
    discipliningActivity: at.getUint8(13),
    pulseIndication: at.getUint8(14),
    pulseReference: at.getUint8(15),
    pulseOffsetNs: at.getFloat32(16),
    clockOffsetPpb: at.getFloat32(20),
    dacValue: at.getUint32(24),
    dacVolts: at.getFloat32(28),
    temperatureCelsius: at.getFloat32(32),
    latitudeRadians: at.getFloat64(36),
    longitudeRadians: at.getFloat64(44),
    altitudeMetres: at.getFloat64(52),
    quantizationErrorNs: at.getFloat32(60),
    reserved: at.getUint32(64),
  }
  const wrong = implausible(timing)
  return wrong === undefined ? ok(timing) : fail('tsip.field', `8F-AC: expected ${wrong}`)
}

/** There is no checksum: what no receiver can mean came damaged. */
function implausible(timing: SupplementalTiming): string | undefined {
  const within = (value: number, limit: number): boolean => Math.abs(value) <= limit
  const { receiverMode, discipliningMode, surveyPercent, quantizationErrorNs } = timing
  if (receiverMode > RECEIVER_MODE_MAX) return `a receiver mode up to ${RECEIVER_MODE_MAX}, got ${receiverMode}`
  if (discipliningMode > DISCIPLINING_MODE_MAX) {
    return `a disciplining mode up to ${DISCIPLINING_MODE_MAX}, got ${discipliningMode}`
  }
  if (surveyPercent > 100) return `a survey progress up to 100 %, got ${surveyPercent}`
  if (!within(quantizationErrorNs, 1e3)) return `a quantization error within ±1 µs, got ${quantizationErrorNs} ns`
  if (!within(timing.pulseOffsetNs, 1e9)) return `a pulse offset within ±1 s, got ${timing.pulseOffsetNs} ns`
  if (!within(timing.clockOffsetPpb, 1e6)) return `a clock offset within ±1000 ppm, got ${timing.clockOffsetPpb} ppb`
  if (!within(timing.temperatureCelsius, 300)) return `a temperature, got ${timing.temperatureCelsius} °C`
  if (!within(timing.dacVolts, 100)) return `a voltage of the DAC, got ${timing.dacVolts} V`
  const { latitudeRadians, longitudeRadians, altitudeMetres } = timing
  if (within(latitudeRadians, 1.6) && within(longitudeRadians, 3.2) && within(altitudeMetres, 1e6)) return undefined
  return `a place on the earth, got ${latitudeRadians} rad, ${longitudeRadians} rad, ${altitudeMetres} m`
}

/** The packet's id, subcode and data. */
export function encodeSupplementalTiming(timing: SupplementalTiming): Uint8Array {
  const body = new Uint8Array(1 + LENGTH)
  const at = new DataView(body.buffer, 1)
  body.set([0x8f, 0xac, timing.receiverMode, timing.discipliningMode, timing.surveyPercent])
  at.setUint32(4, timing.holdoverSeconds)
  at.setUint16(8, timing.criticalAlarms)
  at.setUint16(10, timing.minorAlarms)
  const { decodingStatus, discipliningActivity, pulseIndication, pulseReference } = timing
  body.set([decodingStatus, discipliningActivity, pulseIndication, pulseReference], 13)
  at.setFloat32(16, timing.pulseOffsetNs)
  at.setFloat32(20, timing.clockOffsetPpb)
  at.setUint32(24, timing.dacValue)
  at.setFloat32(28, timing.dacVolts)
  at.setFloat32(32, timing.temperatureCelsius)
  at.setFloat64(36, timing.latitudeRadians)
  at.setFloat64(44, timing.longitudeRadians)
  at.setFloat64(52, timing.altitudeMetres)
  at.setFloat32(60, timing.quantizationErrorNs)
  at.setUint32(64, timing.reserved)
  return body
}
