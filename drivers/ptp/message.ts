import { fail, ok, type Result } from '../../src/core/fault.ts'
import { ANNOUNCE_BODY_BYTES, type AnnounceBody, readAnnounce, writeAnnounce } from './announce.ts'
import { decodeHeader, HEADER_BYTES, type MessageType, type PtpHeader, writeHeader } from './header.ts'
import { PORT_IDENTITY_BYTES, type PortIdentity, readPortIdentity, writePortIdentity } from './port-identity.ts'
import { readTimestamp, TIMESTAMP_BYTES, writeTimestamp } from './timestamp.ts'
import { decodeTlvs, type Tlv, tlvsBytes, writeTlvs } from './tlv.ts'

/** What stands between the header and the TLVs of a message (IEEE 1588-2019, 13.5 to 13.12). */
type PtpBody =
  /** The origin of a two-step Sync and of most Delay_Req is 0; the Follow_Up has the precise one. */
  | { readonly type: 'sync' | 'delay-req' | 'follow-up'; readonly originNs: bigint }
  | { readonly type: 'delay-resp'; readonly receivedNs: bigint; readonly requestingPort: PortIdentity }
  | ({ readonly type: 'announce' } & AnnounceBody)
  | { readonly type: 'signaling'; readonly targetPort: PortIdentity }

/** A message that time is told with. The header's type is that of the body. */
export interface PtpMessage {
  readonly header: PtpHeader
  readonly body: PtpBody
  readonly tlvs: readonly Tlv[]
}

/** What a message says that is to be written: its length follows from the rest. */
export interface PtpMessageParts {
  readonly header: Omit<PtpHeader, 'messageBytes' | 'type'>
  readonly body: PtpBody
  readonly tlvs?: readonly Tlv[]
}

const BODY_BYTES: Readonly<Record<PtpBody['type'], number>> = {
  sync: TIMESTAMP_BYTES,
  'delay-req': TIMESTAMP_BYTES,
  'follow-up': TIMESTAMP_BYTES,
  'delay-resp': TIMESTAMP_BYTES + PORT_IDENTITY_BYTES,
  announce: ANNOUNCE_BODY_BYTES,
  signaling: PORT_IDENTITY_BYTES,
}

/**
 * Any message; `undefined` for one of a type that is not read here (peer delay, management). Padding behind its length
 * is left out. Faults: those of the header, `ptp.length`, `ptp.timestamp`, `ptp.tlv`.
 */
export function decodeMessage(bytes: Uint8Array): Result<PtpMessage | undefined> {
  const header = decodeHeader(bytes)
  return header.ok ? decodeBody(bytes, header.value) : header
}

/** The same for a message of which the header is known. */
export function decodeBody(bytes: Uint8Array, header: PtpHeader): Result<PtpMessage | undefined> {
  const { type, messageBytes } = header
  if (!isRead(type)) return ok(undefined)
  const bodyEnd = HEADER_BYTES + BODY_BYTES[type]
  if (messageBytes < bodyEnd) {
    return fail('ptp.length', `PTP ${type}: expected at least ${bodyEnd} bytes, got ${messageBytes}`)
  }
  const body = readBody(type, bytes.subarray(HEADER_BYTES, bodyEnd))
  if (!body.ok) return fail(body.fault.code, `PTP ${type}: ${body.fault.message}`)
  const tlvs = decodeTlvs(bytes.subarray(bodyEnd, messageBytes))
  if (!tlvs.ok) return fail(tlvs.fault.code, `PTP ${type}: ${tlvs.fault.message}`)
  return ok({ header, body: body.value, tlvs: tlvs.value })
}

export function encodeMessage({ header, body, tlvs = [] }: PtpMessageParts): Uint8Array {
  const bodyEnd = HEADER_BYTES + BODY_BYTES[body.type]
  const bytes = new Uint8Array(bodyEnd + tlvsBytes(tlvs))
  writeHeader(bytes, { ...header, type: body.type })
  writeBody(bytes.subarray(HEADER_BYTES, bodyEnd), body)
  writeTlvs(bytes, bodyEnd, tlvs)
  return bytes
}

function isRead(type: MessageType): type is PtpBody['type'] {
  return type in BODY_BYTES
}

function readBody(type: PtpBody['type'], bytes: Uint8Array): Result<PtpBody> {
  if (type === 'signaling') return ok({ type, targetPort: readPortIdentity(bytes, 0) })
  if (type === 'announce') {
    const announce = readAnnounce(bytes)
    return announce.ok ? ok({ type, ...announce.value }) : announce
  }
  const timestamp = readTimestamp(bytes, 0)
  if (!timestamp.ok) return timestamp
  if (type !== 'delay-resp') return ok({ type, originNs: timestamp.value })
  return ok({ type, receivedNs: timestamp.value, requestingPort: readPortIdentity(bytes, TIMESTAMP_BYTES) })
}

function writeBody(bytes: Uint8Array, body: PtpBody): void {
  switch (body.type) {
    case 'signaling':
      writePortIdentity(bytes, 0, body.targetPort)
      break
    case 'announce':
      writeAnnounce(bytes, body)
      break
    case 'delay-resp':
      writeTimestamp(bytes, 0, body.receivedNs)
      writePortIdentity(bytes, TIMESTAMP_BYTES, body.requestingPort)
      break
    default:
      writeTimestamp(bytes, 0, body.originNs)
  }
}
