import { concatBytes } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type PtpHeader, writeHeader } from './header.ts'
import { type PortIdentity, readPortIdentity, writePortIdentity } from './port-identity.ts'

/** What a management message wants, by the number that it carries (IEEE 1588-2019, table 57). */
export const MANAGEMENT_ACTIONS = ['GET', 'SET', 'RESPONSE', 'COMMAND', 'ACKNOWLEDGE'] as const
export type ManagementAction = (typeof MANAGEMENT_ACTIONS)[number]

/** A question to a clock, or its answer, without the header (IEEE 1588-2019, 15.4.1). */
export interface Management {
  /** All bits set: whoever hears it. */
  readonly targetPort: PortIdentity
  readonly startingBoundaryHops: number
  /** How many boundary clocks may still pass it on. */
  readonly boundaryHops: number
  readonly action: ManagementAction
  readonly content: ManagementData | ManagementError
}

export interface ManagementData {
  readonly kind: 'data'
  /** See `DATA_SETS`. */
  readonly id: number
  /** Empty in a GET. */
  readonly data: Uint8Array
}

/** Why a clock will not (IEEE 1588-2019, table 109). */
export interface ManagementError {
  readonly kind: 'error'
  readonly error: number
  /** Of what was asked. */
  readonly id: number
}

/** Everybody's name as a target. */
export const ANY_PORT: PortIdentity = { clockIdentity: new Uint8Array(8).fill(0xff), portNumber: 0xffff }

const AT = { target: 34, startingHops: 44, hops: 45, action: 46, tlv: 48 } as const
const TLV_MANAGEMENT = 0x0001
const TLV_ERROR_STATUS = 0x0002
const TLV_HEAD_BYTES = 4
const ID_BYTES = 2
/** Error, id, four reserved bytes; a text for people may follow. */
const ERROR_BYTES = 8

const ERRORS: Readonly<Record<number, string>> = {
  1: 'the answer is too big',
  2: 'it has no such id',
  3: 'the length is wrong',
  4: 'the value is wrong',
  5: 'it cannot be set',
  6: 'it is not supported',
  65534: 'a general error',
}

export function describeManagementError(error: number): string {
  return ERRORS[error] ?? `error 0x${error.toString(16)}`
}

/** Of a message whose header is read; only the first TLV counts. Faults: `ptp.length`, `ptp.management`. */
export function decodeManagement(header: PtpHeader, message: Uint8Array): Result<Management> {
  const bytes = message.subarray(0, header.messageBytes)
  const bytesMin = AT.tlv + TLV_HEAD_BYTES + ID_BYTES
  if (bytes.length < bytesMin) {
    return fail('ptp.length', `PTP management: expected at least ${bytesMin} bytes, got ${bytes.length}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const code = view.getUint8(AT.action) & 0x0f
  const action = MANAGEMENT_ACTIONS[code]
  if (action === undefined) return fail('ptp.management', `PTP management: expected an action 0 to 4, got ${code}`)
  const content = decodeContent(
    view.getUint16(AT.tlv),
    bytes.subarray(AT.tlv + TLV_HEAD_BYTES),
    view.getUint16(AT.tlv + 2),
  )
  if (!content.ok) return content
  return ok({
    targetPort: readPortIdentity(bytes, AT.target),
    startingBoundaryHops: view.getUint8(AT.startingHops),
    boundaryHops: view.getUint8(AT.hops),
    action,
    content: content.value,
  })
}

function decodeContent(type: number, rest: Uint8Array, lengthBytes: number): Result<ManagementData | ManagementError> {
  if (lengthBytes > rest.length) {
    return fail('ptp.length', `PTP management TLV: expected at most the ${rest.length} bytes there, got ${lengthBytes}`)
  }
  const value = rest.subarray(0, lengthBytes)
  const view = new DataView(value.buffer, value.byteOffset, value.length)
  switch (type) {
    case TLV_MANAGEMENT:
      if (value.length < ID_BYTES)
        return fail('ptp.length', `PTP management TLV: expected an id, got ${value.length} bytes`)
      return ok({ kind: 'data', id: view.getUint16(0), data: value.slice(ID_BYTES) })
    case TLV_ERROR_STATUS:
      if (value.length < ERROR_BYTES) {
        return fail('ptp.length', `PTP management error: expected ${ERROR_BYTES} bytes, got ${value.length}`)
      }
      return ok({ kind: 'error', error: view.getUint16(0), id: view.getUint16(2) })
    default:
      return fail('ptp.management', `PTP management: expected a management TLV, got type ${type}`)
  }
}

export type ManagementHeader = Pick<PtpHeader, 'sdoId' | 'domain' | 'sourcePort' | 'sequenceId'> &
  Partial<Pick<PtpHeader, 'flags'>>

/** The whole message. */
export function encodeManagement(header: ManagementHeader, management: Management): Uint8Array {
  const tlv = encodeContent(management.content)
  const bytes = new Uint8Array(AT.tlv + tlv.length)
  writeHeader(bytes, {
    flags: 0,
    ...header,
    type: 'management',
    // ptp4l 3.1.1 is of 2008 and takes what 2019 sends; it answers with its own.
    minorVersion: 0,
    correctionScaledNs: 0n,
    logInterval: 0x7f,
  })
  writePortIdentity(bytes, AT.target, management.targetPort)
  bytes[AT.startingHops] = management.startingBoundaryHops
  bytes[AT.hops] = management.boundaryHops
  bytes[AT.action] = MANAGEMENT_ACTIONS.indexOf(management.action)
  bytes.set(tlv, AT.tlv)
  return bytes
}

function encodeContent(content: ManagementData | ManagementError): Uint8Array {
  if (content.kind === 'error') {
    const { error, id } = content
    return words(TLV_ERROR_STATUS, ERROR_BYTES, error, id, 0, 0)
  }
  // Every TLV has an even number of bytes (IEEE 1588-2019, 14.1).
  const padding = new Uint8Array(content.data.length % 2)
  const dataBytes = content.data.length + padding.length
  return concatBytes(words(TLV_MANAGEMENT, ID_BYTES + dataBytes, content.id), content.data, padding)
}

function words(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))
}
