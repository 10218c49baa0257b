import type { Result } from '../../src/core/fault.ts'
import { CLOCK_IDENTITY_BYTES } from './port-identity.ts'
import { readTimestamp, TIMESTAMP_BYTES, writeTimestamp } from './timestamp.ts'

/** What a port says of its grandmaster (IEEE 1588-2019, 13.5). The flags of the same message are in its header. */
export interface AnnounceBody {
  readonly originNs: bigint
  /** TAI − UTC, s; it counts only where the flag `utcOffsetValid` is set. */
  readonly currentUtcOffset: number
  readonly priority1: number
  readonly clockClass: number
  readonly clockAccuracy: number
  readonly offsetScaledLogVariance: number
  readonly priority2: number
  /** Eight bytes. */
  readonly grandmasterIdentity: Uint8Array
  /** How many boundary clocks are between the grandmaster and who speaks. */
  readonly stepsRemoved: number
  readonly timeSource: number
}

export const ANNOUNCE_BODY_BYTES = 30

const AT = {
  utcOffset: TIMESTAMP_BYTES,
  priority1: 13,
  clockClass: 14,
  clockAccuracy: 15,
  variance: 16,
  priority2: 18,
  identity: 19,
  stepsRemoved: 27,
  timeSource: 29,
} as const

/** `body`: what follows the header, at least `ANNOUNCE_BODY_BYTES`. Fault `ptp.timestamp`. */
export function readAnnounce(body: Uint8Array): Result<AnnounceBody> {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const origin = readTimestamp(body, 0)
  if (!origin.ok) return origin
  return {
    ok: true,
    value: {
      originNs: origin.value,
      currentUtcOffset: view.getInt16(AT.utcOffset),
      priority1: view.getUint8(AT.priority1),
      clockClass: view.getUint8(AT.clockClass),
      clockAccuracy: view.getUint8(AT.clockAccuracy),
      offsetScaledLogVariance: view.getUint16(AT.variance),
      priority2: view.getUint8(AT.priority2),
      grandmasterIdentity: body.slice(AT.identity, AT.identity + CLOCK_IDENTITY_BYTES),
      stepsRemoved: view.getUint16(AT.stepsRemoved),
      timeSource: view.getUint8(AT.timeSource),
    },
  }
}

export function writeAnnounce(body: Uint8Array, announce: AnnounceBody): void {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  writeTimestamp(body, 0, announce.originNs)
  view.setInt16(AT.utcOffset, announce.currentUtcOffset)
  view.setUint8(AT.priority1, announce.priority1)
  view.setUint8(AT.clockClass, announce.clockClass)
  view.setUint8(AT.clockAccuracy, announce.clockAccuracy)
  view.setUint16(AT.variance, announce.offsetScaledLogVariance)
  view.setUint8(AT.priority2, announce.priority2)
  body.set(announce.grandmasterIdentity, AT.identity)
  view.setUint16(AT.stepsRemoved, announce.stepsRemoved)
  view.setUint8(AT.timeSource, announce.timeSource)
}
