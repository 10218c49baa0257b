import { fail, ok, type Result } from '../core/fault.ts'

/** A record of TLS: its type, its version, and the length of what follows (RFC 8446 section 5.1). */
const RECORD_HEADER_BYTES = 5
const HANDSHAKE = 0x16
/** The first byte of a handshake message of this type, and three of its length (section 4). */
const CLIENT_HELLO = 0x01
const MESSAGE_HEADER_BYTES = 4
/** Version, random, and the lengths of three lists that may not be missing. */
const BODY_BYTES_MIN = 2 + 32 + 1 + 2 + 1

/** A member's ClientHello is about 1,900 bytes: most of it is the ML-KEM-1024 key. */
export const CLIENT_HELLO_BYTES_MAX = 4_096

/**
 * Looks at what a connection begins with, before a TLS library does: how many bytes the ClientHello has, record header
 * included; undefined while too few are there to tell. Whatever can not become one, or comes in more than one record, which
 * no member sends, is the fault `transport.garbage`.
 */
export function clientHelloBytes(begun: Uint8Array): Result<number | undefined> {
  const [type, major, minor] = begun
  if (type === undefined) return ok(undefined)
  if (type !== HANDSHAKE) return garbage(`a first byte of ${HANDSHAKE}`, String(type))
  if (major === undefined) return ok(undefined)
  // Both legacy versions that RFC 8446 allows in the first record.
  if (major !== 3 || (minor !== undefined && minor !== 1 && minor !== 3)) {
    return garbage('record version 3.1 or 3.3', `${major}.${minor ?? '?'}`)
  }
  if (begun.length < RECORD_HEADER_BYTES) return ok(undefined)
  const view = new DataView(begun.buffer, begun.byteOffset, begun.byteLength)
  const recordBytes = view.getUint16(3)
  const bytes = RECORD_HEADER_BYTES + recordBytes
  if (recordBytes < MESSAGE_HEADER_BYTES + BODY_BYTES_MIN || bytes > CLIENT_HELLO_BYTES_MAX) {
    return garbage(`a first record of at most ${CLIENT_HELLO_BYTES_MAX} bytes that holds a ClientHello`, String(bytes))
  }
  if (begun.length < RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES) return ok(undefined)
  const message = view.getUint32(RECORD_HEADER_BYTES)
  if (message >>> 24 !== CLIENT_HELLO || (message & 0xffffff) !== recordBytes - MESSAGE_HEADER_BYTES) {
    return garbage('one ClientHello that fills its record', 'another message')
  }
  return ok(bytes)
}

function garbage(expected: string, came: string): Result<never> {
  return fail('transport.garbage', `expected ${expected}, got ${came}`)
}
