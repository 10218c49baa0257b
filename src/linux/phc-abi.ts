import { assert } from '../core/assert.ts'
import { NS_PER_SECOND, type PhcNs, phcNs } from '../core/time.ts'
import { CLOCK_REALTIME } from './clock.ts'

/** Clocks of network cards and timing cards, `/dev/ptpN` (include/uapi/linux/ptp_clock.h), the same on x86-64 and aarch64. */
export const PTP_CLOCK_GETCAPS = 0x8050_3d01
export const PTP_EXTTS_REQUEST = 0x4010_3d02
export const PTP_SYS_OFFSET = 0x4340_3d05
export const PTP_SYS_OFFSET_PRECISE = 0xc040_3d08
export const PTP_SYS_OFFSET_EXTENDED = 0xc4c0_3d09

export const PTP_CAPS_BYTES = 80
export const PTP_EXTTS_REQUEST_BYTES = 16
export const PTP_EXTTS_EVENT_BYTES = 32
export const PTP_SYS_OFFSET_BYTES = 832
export const PTP_SYS_OFFSET_PRECISE_BYTES = 64
export const PTP_SYS_OFFSET_EXTENDED_BYTES = 1216

export const PTP_ENABLE_FEATURE = 1
export const PTP_RISING_EDGE = 2
export const PTP_FALLING_EDGE = 4

const CAPS_CHANNELS_AT = 8
const REQUEST_FLAGS_AT = 4
const EVENT_CHANNEL_AT = 16
const REQUEST_CLOCK_AT = 4
const SAMPLES_AT = 16
const PRECISE_RAW_AT = 32
const CLOCK_TIME_BYTES = 16
const READINGS_PER_SAMPLE = 3

/** How many inputs for external edges the clock has: `struct ptp_clock_caps`. */
export function channelsOf(caps: Uint8Array): number {
  return viewOf(caps).getInt32(CAPS_CHANNELS_AT, true)
}

/** `struct ptp_extts_request`. Flags 0 switch the channel off. */
export function externalStampRequest(channel: number, flags: number): Uint8Array {
  const request = new Uint8Array(PTP_EXTTS_REQUEST_BYTES)
  viewOf(request).setUint32(0, channel, true)
  viewOf(request).setUint32(REQUEST_FLAGS_AT, flags, true)
  return request
}

/** An edge, on the clock's own scale. */
export interface ExternalStamp {
  readonly channel: number
  readonly stampNs: PhcNs
}

/** `bytes` as read from the device: whole `struct ptp_extts_event`s. */
export function readExternalStamps(bytes: Uint8Array): readonly ExternalStamp[] {
  assert(bytes.length % PTP_EXTTS_EVENT_BYTES === 0, `events of a clock have ${PTP_EXTTS_EVENT_BYTES} bytes each`)
  const view = viewOf(bytes)
  return Array.from({ length: bytes.length / PTP_EXTTS_EVENT_BYTES }, (_, index) => {
    const at = index * PTP_EXTTS_EVENT_BYTES
    return { channel: view.getUint32(at + EVENT_CHANNEL_AT, true), stampNs: phcNs(clockTime(view, at)) }
  })
}

/** The clock read between two readings of a clock of the system. */
export interface Sandwich {
  readonly beforeNs: bigint
  readonly phcNs: bigint
  readonly afterNs: bigint
}

/**
 * A request for `samples` sandwiches, of at most 25, with readings of `clock` around them: CLOCK_REALTIME, or since Linux
 * 6.12 another; before that the field had to be zero, and others are refused.
 */
export function extendedOffsetRequest(samples: number, clock = CLOCK_REALTIME): Uint8Array {
  const request = new Uint8Array(PTP_SYS_OFFSET_EXTENDED_BYTES)
  viewOf(request).setUint32(0, samples, true)
  viewOf(request).setInt32(REQUEST_CLOCK_AT, clock, true)
  return request
}

/** `struct ptp_sys_offset_extended` as the kernel filled it. */
export function readSandwiches(answer: Uint8Array): readonly Sandwich[] {
  const view = viewOf(answer)
  return Array.from({ length: view.getUint32(0, true) }, (_, index) => {
    const at = SAMPLES_AT + index * READINGS_PER_SAMPLE * CLOCK_TIME_BYTES
    return {
      beforeNs: clockTime(view, at),
      phcNs: clockTime(view, at + CLOCK_TIME_BYTES),
      afterNs: clockTime(view, at + 2 * CLOCK_TIME_BYTES),
    }
  })
}

/** A request for `samples` readings, of at most 25, each between two of CLOCK_REALTIME. */
export function plainOffsetRequest(samples: number): Uint8Array {
  const request = new Uint8Array(PTP_SYS_OFFSET_BYTES)
  viewOf(request).setUint32(0, samples, true)
  return request
}

/** `struct ptp_sys_offset`: system, clock, system, clock … system, so that neighbours share a reading of the system clock. */
export function readPlainSandwiches(answer: Uint8Array): readonly Sandwich[] {
  const view = viewOf(answer)
  return Array.from({ length: view.getUint32(0, true) }, (_, index) => {
    const at = SAMPLES_AT + 2 * index * CLOCK_TIME_BYTES
    return {
      beforeNs: clockTime(view, at),
      phcNs: clockTime(view, at + CLOCK_TIME_BYTES),
      afterNs: clockTime(view, at + 2 * CLOCK_TIME_BYTES),
    }
  })
}

/** `struct ptp_sys_offset_precise`: both clocks latched at one instant by the hardware. */
export function readCrossStamp(answer: Uint8Array): { readonly phcNs: bigint; readonly monoNs: bigint } {
  const view = viewOf(answer)
  return { phcNs: clockTime(view, 0), monoNs: clockTime(view, PRECISE_RAW_AT) }
}

/** `struct ptp_clock_time`: i64 seconds, u32 nanoseconds, u32 reserved. */
function clockTime(view: DataView, at: number): bigint {
  return view.getBigInt64(at, true) * NS_PER_SECOND + BigInt(view.getUint32(at + 8, true))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
