import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import type { MonoNs } from '../../src/core/time.ts'
import type { PacketPiece } from './framing.ts'
import { encodePrimaryTiming } from './primary-timing.ts'
import type { Pulse } from './pulse-output.ts'
import { hasSatellites, primaryOf, type Receiver, supplementalOf, type World } from './receiver.ts'
import { encodeBroadcastMask, encodeSurvey, encodeTimeScale, parseBroadcastMask, parseSurvey } from './settings.ts'
import { encodeSupplementalTiming } from './supplemental-timing.ts'

/** 45 as a RES SMT 360 sent it: application 1.5 of 2018-04-03, GPS core 3.86 of 2018-02-06. */
export const VERSION = Uint8Array.of(0x45, 1, 5, 4, 3, 18, 3, 86, 2, 6, 18)
const SERIAL = Uint8Array.of(0x47, 0x3a, 0x41, 0x30)

/** PRN, elevation and azimuth in degrees, C/N0 in dB-Hz under a clear sky. */
const SKY = [
  [2, 24, 310, 38],
  [10, 73, 11, 49],
  [18, 19, 128, 36],
  [23, 36, 68, 43],
  [27, 41, 236, 45],
  [32, 62, 186, 48],
] as const

/** The bodies of the reports that a command brings; what the model does not know is answered with 13. */
export function repliesTo(
  receiver: Receiver,
  world: World,
  command: PacketPiece,
  last: Pulse | undefined,
  now: MonoNs,
): readonly Uint8Array[] {
  const { id, data } = command
  const refusal = [concatBytes(Uint8Array.of(0x13, id), data)]
  if (id === 0x8e) return superPacketReplies(receiver, world, data, last, now) ?? refusal
  switch (id) {
    case 0x1f:
      return [VERSION]
    case 0x1c:
      return component(receiver, data[0]) ?? refusal
    case 0x21:
      return last === undefined ? refusal : [gpsTime(receiver, world, last, now)]
    case 0x24:
      return [satelliteSelection(receiver, world)]
    case 0x26:
      return health(receiver, world)
    case 0x35:
      return [concatBytes(Uint8Array.of(0x55), data.length === 4 ? data : Uint8Array.of(0x12, 2, 0, 8))]
    case 0x3c:
      return trackingStatus(receiver, world, last)
    default:
      return refusal
  }
}

/** 46 and 4B, which are also sent every five seconds while automatic packets are on. */
export function health(receiver: Receiver, world: World): readonly Uint8Array[] {
  const decoding = hasSatellites(world) ? (receiver.sequence.stage() === 'cold' ? 1 : 0xbb) : 8
  const antenna = world.faults.has('no-satellites') ? 0x11 : 0x01
  return [Uint8Array.of(0x46, decoding, antenna), Uint8Array.of(0x4b, receiver.model.multiGnss ? 1 : 0, 2, 2)]
}

function superPacketReplies(
  receiver: Receiver,
  world: World,
  data: Uint8Array,
  last: Pulse | undefined,
  now: MonoNs,
): readonly Uint8Array[] | undefined {
  const asks = data.length === 1
  switch (data[0]) {
    case 0x41:
      return [concatBytes(Uint8Array.of(0x8f, 0x41, 0, 0), SERIAL, new Uint8Array(10))]
    case 0x42: {
      const production = Uint8Array.of(0, 1, 0x7d, 0xf3)
      return [
        concatBytes(Uint8Array.of(0x8f, 0x42, 0, 0, 0, 0, 0, 0, 0, 0), production, Uint8Array.of(0, 0, 0, 1, 0, 0)),
      ]
    }
    case 0xa2:
      if (data.length === 2) receiver.timeScaleBits = (data[1] ?? 0) & 3
      return asks || data.length === 2 ? [encodeTimeScale({ bits: receiver.timeScaleBits }, 0x8f)] : undefined
    case 0xa5: {
      const mask = parseBroadcastMask(data)
      if (mask.ok) receiver.mask = mask.value
      return asks || mask.ok ? [encodeBroadcastMask(receiver.mask, 0x8f)] : undefined
    }
    case 0xa9: {
      const survey = parseSurvey(data)
      if (survey.ok && survey.value.rest.length === receiver.survey.rest.length) receiver.survey = survey.value
      return asks || survey.ok ? [encodeSurvey(receiver.survey, 0x8f)] : undefined
    }
    case 0xab:
      return last === undefined ? undefined : [encodePrimaryTiming(primaryOf(receiver, world, last.second, now))]
    case 0xac:
      return last === undefined ? undefined : [encodeSupplementalTiming(supplementalOf(receiver, world, last))]
    default:
      return undefined
  }
}

function component({ model }: Receiver, subcode: number | undefined): readonly Uint8Array[] | undefined {
  if (model.component === undefined) return undefined
  const { hardwareCode, product } = model.component
  const name = concatBytes(Uint8Array.of(product.length), utf8(product))
  if (subcode === 1) return [concatBytes(Uint8Array.of(0x1c, 0x81, 1, 1, 5, 0, 4, 3, 0x07, 0xe2), name)]
  if (subcode !== 3) return undefined
  const built = Uint8Array.of(11, 4, 0x07, 0xe3, 13, hardwareCode >> 8, hardwareCode & 0xff)
  return [concatBytes(Uint8Array.of(0x1c, 0x83), SERIAL, built, name)]
}

/** 41: time of week, week and UTC offset. */
function gpsTime(receiver: Receiver, world: World, last: Pulse, now: MonoNs): Uint8Array {
  const { timeOfWeek, week, utcOffsetSeconds, flags } = primaryOf(receiver, world, last.second, now)
  const body = new Uint8Array(11)
  const at = new DataView(body.buffer)
  at.setUint8(0, 0x41)
  at.setFloat32(1, flags.timeNotSet ? -1 : timeOfWeek)
  at.setInt16(5, week)
  at.setFloat32(7, utcOffsetSeconds)
  return body
}

/** 6D, or 6C of several constellations: dimension, four DOPs of which only the last is 1 in clock mode, satellites. */
function satelliteSelection(receiver: Receiver, world: World): Uint8Array {
  const used = usedSatellites(receiver, world).map(([prn]) => prn)
  const dops = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0x80, 0, 0)
  return receiver.model.multiGnss
    ? concatBytes(Uint8Array.of(0x6c, 0x0d), dops, Uint8Array.of(used.length, ...used))
    : concatBytes(Uint8Array.of(0x6d, (used.length << 4) | 0x0d), dops, Uint8Array.from(used))
}

/** 5C, or 5D of several constellations, one for each satellite. */
function trackingStatus(receiver: Receiver, world: World, last: Pulse | undefined): readonly Uint8Array[] {
  const timeOfWeek = last === undefined ? 0 : primaryOf(receiver, world, last.second, last.at).timeOfWeek
  return usedSatellites(receiver, world).map(([prn, elevation, azimuth, cn0], channel) => {
    const body = new Uint8Array(receiver.model.multiGnss ? 27 : 25)
    const at = new DataView(body.buffer)
    body.set([receiver.model.multiGnss ? 0x5d : 0x5c, prn, receiver.model.multiGnss ? channel : channel << 3, 1, 1])
    at.setFloat32(5, cn0)
    at.setFloat32(9, timeOfWeek)
    at.setFloat32(13, (elevation * Math.PI) / 180)
    at.setFloat32(17, (azimuth * Math.PI) / 180)
    // Of 5D: the measurement is good, and used in both position and time.
    if (receiver.model.multiGnss) body.set([1, 3], 24)
    return body
  })
}

function usedSatellites({ sequence }: Receiver, world: World): readonly (typeof SKY)[number][] {
  return hasSatellites(world) && sequence.stage() !== 'cold' ? SKY : []
}
