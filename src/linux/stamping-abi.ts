import { NS_PER_SECOND } from '../core/time.ts'
import { IP_RECVERR, IPPROTO_IP, IPPROTO_IPV6, IPV6_RECVERR, SOL_SOCKET } from './socket-abi.ts'

/**
 * Timestamps of packets, include/uapi/linux/net_tstamp.h and errqueue.h, Documentation/networking/timestamping.rst. The
 * structures hold `struct timespec` of two longs: on every 64-bit Linux the same as the newer 64-bit variant.
 */
export const SO_TIMESTAMPING = 37
export const SOF_TX_HARDWARE = 1
export const SOF_TX_SOFTWARE = 2
export const SOF_RX_HARDWARE = 4
export const SOF_RX_SOFTWARE = 8
export const SOF_SOFTWARE = 0x10
export const SOF_RAW_HARDWARE = 0x40

export const SO_EE_ORIGIN_TIMESTAMPING = 4
/** The stamp was taken when the packet was handed to the card, or by the card. */
export const SCM_TSTAMP_SND = 0

/** Room for the stamps, the error that a transmit stamp comes as, and what an administrator's options may add. */
export const CONTROL_BYTES = 256

const CONTROL_HEADER_BYTES = 16
const CONTROL_TYPE_AT = 12
const STAMPS_BYTES = 48
const HARDWARE_AT = 32
const ERROR_BYTES = 16
const ERROR_ORIGIN_AT = 4
const ERROR_INFO_AT = 8

/** What the control data of a message says. */
export interface ControlData {
  /** When the network stack had the packet, on CLOCK_REALTIME. */
  readonly softwareNs: bigint | undefined
  /** When the card had it, on its own clock. */
  readonly hardwareNs: bigint | undefined
  /** Only on the error queue: who put the message there (SO_EE_ORIGIN_*), and its `ee_info`. */
  readonly error: { readonly origin: number; readonly info: number } | undefined
}

/** `struct cmsghdr`s with their data, each aligned to 8 bytes. Whatever is cut or of other kinds is passed over. */
export function readControlData(control: Uint8Array): ControlData {
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength)
  let softwareNs: bigint | undefined
  let hardwareNs: bigint | undefined
  let error: ControlData['error']
  let at = 0
  while (at + CONTROL_HEADER_BYTES <= control.length) {
    const length = Number(view.getBigUint64(at, true))
    if (length < CONTROL_HEADER_BYTES || length > control.length - at) break
    const level = view.getInt32(at + 8, true)
    const type = view.getInt32(at + CONTROL_TYPE_AT, true)
    const dataAt = at + CONTROL_HEADER_BYTES
    const dataBytes = length - CONTROL_HEADER_BYTES
    if (level === SOL_SOCKET && type === SO_TIMESTAMPING && dataBytes >= STAMPS_BYTES) {
      softwareNs = readStamp(view, dataAt)
      hardwareNs = readStamp(view, dataAt + HARDWARE_AT)
    }
    if (isError(level, type) && dataBytes >= ERROR_BYTES) {
      error = { origin: view.getUint8(dataAt + ERROR_ORIGIN_AT), info: view.getUint32(dataAt + ERROR_INFO_AT, true) }
    }
    at += Math.ceil(length / 8) * 8
  }
  return { softwareNs, hardwareNs, error }
}

function isError(level: number, type: number): boolean {
  return (level === IPPROTO_IP && type === IP_RECVERR) || (level === IPPROTO_IPV6 && type === IPV6_RECVERR)
}

/** `struct timespec`; zero where there is no such stamp. */
function readStamp(view: DataView, at: number): bigint | undefined {
  const ns = view.getBigInt64(at, true) * NS_PER_SECOND + view.getBigInt64(at + 8, true)
  return ns === 0n ? undefined : ns
}
