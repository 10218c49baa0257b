import { assert } from '../../src/core/assert.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type PortIdentity, readPortIdentity, writePortIdentity } from './port-identity.ts'

/** The messages of PTP by the number that their first byte carries (IEEE 1588-2019, table 36). */
export const MESSAGE_TYPES = {
  sync: 0x0,
  'delay-req': 0x1,
  'pdelay-req': 0x2,
  'pdelay-resp': 0x3,
  'follow-up': 0x8,
  'delay-resp': 0x9,
  'pdelay-resp-follow-up': 0xa,
  announce: 0xb,
  signaling: 0xc,
  management: 0xd,
} as const
export type MessageType = keyof typeof MESSAGE_TYPES

/** What every message begins with (IEEE 1588-2019, 13.3). */
export interface PtpHeader {
  readonly type: MessageType
  /** 4 bits and 8: 0 of the default profiles, 0x100 of 802.1AS. */
  readonly sdoId: number
  /** 1 since 2019; 0 before. */
  readonly minorVersion: number
  /** Of the whole message, TLVs included; what follows it in the packet is padding. */
  readonly messageBytes: number
  readonly domain: number
  /** Two octets, the first in the high byte: see `FLAGS`. */
  readonly flags: number
  /** Units of 2^-16 ns. */
  readonly correctionScaledNs: bigint
  readonly sourcePort: PortIdentity
  readonly sequenceId: number
  /** Base 2 of the interval between messages, s; 0x7f where it means nothing. */
  readonly logInterval: number
}

/** IEEE 1588-2019, table 37. */
export const FLAGS = {
  alternateMaster: 0x0100,
  twoStep: 0x0200,
  unicast: 0x0400,
  leap61: 0x0001,
  leap59: 0x0002,
  utcOffsetValid: 0x0004,
  ptpTimescale: 0x0008,
  timeTraceable: 0x0010,
  frequencyTraceable: 0x0020,
  synchronizationUncertain: 0x0040,
} as const

export const HEADER_BYTES = 34
const VERSION = 2

const AT = {
  type: 0,
  version: 1,
  length: 2,
  domain: 4,
  minorSdoId: 5,
  flags: 6,
  correction: 8,
  sourcePort: 20,
  sequenceId: 30,
  control: 32,
  logInterval: 33,
} as const

const TYPE_NAMES = new Map(
  Object.entries(MESSAGE_TYPES).map(([name, number]) => [number as number, name as MessageType]),
)

/** What version 1 had in place of the type; version 2 still sends it (IEEE 1588-2008, table 23). */
const CONTROLS: Readonly<Partial<Record<MessageType, number>>> = {
  sync: 0,
  'delay-req': 1,
  'follow-up': 2,
  'delay-resp': 3,
  management: 4,
}
const CONTROL_OTHER = 5

/** Faults: `ptp.length`, `ptp.version`, `ptp.type`. */
export function decodeHeader(bytes: Uint8Array): Result<PtpHeader> {
  if (bytes.length < HEADER_BYTES) {
    return fail('ptp.length', `PTP message: expected at least ${HEADER_BYTES} bytes, got ${bytes.length}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [first, second] = [view.getUint8(AT.type), view.getUint8(AT.version)]
  if ((second & 0x0f) !== VERSION) {
    return fail('ptp.version', `PTP message: expected version ${VERSION}, got ${second & 0x0f}`)
  }
  const type = TYPE_NAMES.get(first & 0x0f)
  if (type === undefined) return fail('ptp.type', `PTP message: expected a known type, got ${first & 0x0f}`)
  const messageBytes = view.getUint16(AT.length)
  if (messageBytes < HEADER_BYTES || messageBytes > bytes.length) {
    const expected = `expected a length from ${HEADER_BYTES} to the ${bytes.length} bytes received`
    return fail('ptp.length', `PTP ${type}: ${expected}, got ${messageBytes}`)
  }
  return ok({
    type,
    sdoId: ((first & 0xf0) << 4) | view.getUint8(AT.minorSdoId),
    minorVersion: second >> 4,
    messageBytes,
    domain: view.getUint8(AT.domain),
    flags: view.getUint16(AT.flags),
    correctionScaledNs: view.getBigInt64(AT.correction),
    sourcePort: readPortIdentity(bytes, AT.sourcePort),
    sequenceId: view.getUint16(AT.sequenceId),
    logInterval: view.getInt8(AT.logInterval),
  })
}

/** Writes the header over the first bytes of a message; its length is that of `bytes`. */
export function writeHeader(bytes: Uint8Array, header: Omit<PtpHeader, 'messageBytes'>): void {
  assert(bytes.length >= HEADER_BYTES, `a message has at least ${HEADER_BYTES} bytes, got ${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  view.setUint8(AT.type, ((header.sdoId >> 4) & 0xf0) | MESSAGE_TYPES[header.type])
  view.setUint8(AT.version, (header.minorVersion << 4) | VERSION)
  view.setUint16(AT.length, bytes.length)
  view.setUint8(AT.domain, header.domain)
  view.setUint8(AT.minorSdoId, header.sdoId & 0xff)
  view.setUint16(AT.flags, header.flags)
  view.setBigInt64(AT.correction, header.correctionScaledNs)
  writePortIdentity(bytes, AT.sourcePort, header.sourcePort)
  view.setUint16(AT.sequenceId, header.sequenceId)
  view.setUint8(AT.control, CONTROLS[header.type] ?? CONTROL_OTHER)
  view.setInt8(AT.logInterval, header.logInterval)
}
