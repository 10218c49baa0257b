import { ok, type Result } from '../../src/core/fault.ts'
import { sizedData } from './packet-fields.ts'

/** 8F-A5, Packet Broadcast Mask (ThunderBolt E guide p. 70): which packets come without being asked for. */
export interface BroadcastMask {
  readonly mask0: number
  readonly mask1: number
}

/** Bit 0 is 8F-AB, bit 2 is 8F-AC: what the driver lives on. */
export const NEEDED_BROADCASTS = 0b101

/** 8F-A2: bit 0 puts the calendar of 8F-AB into UTC, bit 1 aligns the pulse to UTC. */
export interface TimeScaleSetting {
  readonly bits: number
}

/** 8F-A9, Self-Survey Parameters: how many fixes the position of the antenna is averaged over. */
export interface SurveySetting {
  readonly enabled: boolean
  readonly savesPosition: boolean
  readonly fixes: number
  /** Reserved in a ThunderBolt E, limits of uncertainty in a SMT 360: to be sent back as it came. */
  readonly rest: Uint8Array
}

/** All three: `data` begins with the subcode. Fault: `tsip.length`. */
export function parseBroadcastMask(data: Uint8Array): Result<BroadcastMask> {
  const view = sizedData('8F-A5', data, 5)
  return view.ok ? ok({ mask0: view.value.getUint16(1), mask1: view.value.getUint16(3) }) : view
}

export function parseTimeScale(data: Uint8Array): Result<TimeScaleSetting> {
  const view = sizedData('8F-A2', data, 2)
  return view.ok ? ok({ bits: view.value.getUint8(1) }) : view
}

export function parseSurvey(data: Uint8Array): Result<SurveySetting> {
  const view = sizedData('8F-A9', data, 11, 15)
  if (!view.ok) return view
  const at = view.value
  const [enabled, savesPosition] = [at.getUint8(1) !== 0, at.getUint8(2) !== 0]
  return ok({ enabled, savesPosition, fixes: at.getUint32(3), rest: data.slice(7) })
}

/** Id, subcode and data of the command (8E) or, with `id` 8F, of the report. */
export function encodeBroadcastMask({ mask0, mask1 }: BroadcastMask, id = 0x8e): Uint8Array {
  return Uint8Array.of(id, 0xa5, mask0 >> 8, mask0 & 0xff, mask1 >> 8, mask1 & 0xff)
}

export function encodeTimeScale({ bits }: TimeScaleSetting, id = 0x8e): Uint8Array {
  return Uint8Array.of(id, 0xa2, bits)
}

export function encodeSurvey({ enabled, savesPosition, fixes, rest }: SurveySetting, id = 0x8e): Uint8Array {
  const body = new Uint8Array(8 + rest.length)
  body.set([id, 0xa9, enabled ? 1 : 0, savesPosition ? 1 : 0])
  new DataView(body.buffer).setUint32(4, fixes)
  body.set(rest, 8)
  return body
}
