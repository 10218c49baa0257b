import { assert } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import { STAMP_KINDS } from '../core/stamp.ts'
import { INSTANT_LIMIT_NS, rangingNs } from '../core/time.ts'
import { equalTags, type PacketKey, TAG_BYTES } from './packet-key.ts'
import { type RangingStamp, type SegmentId, STAMP_ERROR_NS_MAX } from './stamp.ts'

/**
 * The ranging packet to the byte; `docs/wire.md` publishes it. Requests and responses have one size, so that an answer
 * is never larger than what asked for it.
 */
export type RangingPacket = PacketHead & PacketBody

/** Who tells whom; the segment and the rate bound are those of the sender's ranging clock. */
interface PacketHead extends SegmentId {
  readonly sender: number
  readonly receiver: number
  /** ρ, ppb. */
  readonly ratePpb: bigint
}

export type PacketBody = RequestBody | ResponseBody

export interface RequestBody {
  readonly type: 'request'
  /** The requester counts its requests from 1 under each key. */
  readonly sequence: bigint
  /** What the requester knows of an earlier exchange, so that the responder learns from it too. Undefined when there was none. */
  readonly previous: AskedExchange | undefined
}

/** The asker's two stamps of an exchange, both of the segment that the packet names. */
export interface AskedExchange {
  readonly sequence: bigint
  /** When the request left (t1). */
  readonly sent: RangingStamp
  /** When the response came (t4). */
  readonly received: RangingStamp
}

export interface ResponseBody {
  readonly type: 'response'
  /** That of the request. */
  readonly sequence: bigint
  /** When this request came (t2). */
  readonly received: RangingStamp
  /**
   * Interleaving: when an earlier response left (t3), told one response late because a precise transmit stamp is known
   * only after sending. Undefined when there was none in this segment, or its stamp is not known.
   */
  readonly previous: PreviousResponse | undefined
}

export interface PreviousResponse {
  readonly sequence: bigint
  readonly sent: RangingStamp
}

export const PACKET_BYTES = 104
const RATE_PPB_MAX = 1_000_000_000n
export const MEMBER_ID_MAX = 0xffff

/** What every packet begins with: "QTRP". */
export const PACKET_MAGIC = 0x5154_5250
const VERSION = 1
const TYPE_REQUEST = 1
const TYPE_RESPONSE = 2
const BOOT_ID_BYTES = 16

// Offsets; everything is big-endian.
const AT = {
  magic: 0,
  version: 4,
  type: 5,
  receivedKind: 6,
  sentKind: 7,
  sender: 8,
  receiver: 10,
  keyId: 12,
  sequence: 16,
  bootId: 24,
  segment: 40,
  rate: 48,
  receivedError: 52,
  received: 56,
  previousSequence: 64,
  sent: 72,
  sentError: 80,
  reserved: 84,
  tag: PACKET_BYTES - TAG_BYTES,
} as const

export function encodePacket(packet: RangingPacket, key: PacketKey): Uint8Array {
  assert(packet.bootId.length === BOOT_ID_BYTES, `a bootId has ${BOOT_ID_BYTES} bytes, got ${packet.bootId.length}`)
  assert(packet.ratePpb >= 0n && packet.ratePpb <= RATE_PPB_MAX, `a rate bound of 0 to 10^9 ppb, got ${packet.ratePpb}`)
  const bytes = new Uint8Array(PACKET_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(AT.magic, PACKET_MAGIC)
  view.setUint8(AT.version, VERSION)
  view.setUint8(AT.type, packet.type === 'request' ? TYPE_REQUEST : TYPE_RESPONSE)
  view.setUint16(AT.sender, packet.sender)
  view.setUint16(AT.receiver, packet.receiver)
  view.setUint32(AT.keyId, key.id)
  view.setBigUint64(AT.sequence, packet.sequence)
  bytes.set(packet.bootId, AT.bootId)
  view.setBigUint64(AT.segment, BigInt(packet.segment))
  view.setUint32(AT.rate, Number(packet.ratePpb))
  const received = packet.type === 'response' ? packet.received : packet.previous?.received
  if (received !== undefined) writeStamp(view, received, AT.received, AT.receivedError, AT.receivedKind)
  if (packet.previous !== undefined) {
    view.setBigUint64(AT.previousSequence, packet.previous.sequence)
    writeStamp(view, packet.previous.sent, AT.sent, AT.sentError, AT.sentKind)
  }
  bytes.set(key.tag(bytes.subarray(0, AT.tag)), AT.tag)
  return bytes
}

/** Who a packet says it is from, so that its key can be found; nothing is believed before `decodePacket`. */
export function readSender(bytes: Uint8Array): Result<number> {
  if (bytes.length !== PACKET_BYTES) {
    return fail('ranging.length', `ranging packet: expected ${PACKET_BYTES} bytes, got ${bytes.length}`)
  }
  const view = viewOf(bytes)
  const version = view.getUint8(AT.version)
  if (view.getUint32(AT.magic) !== PACKET_MAGIC || version !== VERSION) {
    return fail(
      'ranging.version',
      `ranging packet: expected QTRP version ${VERSION}, got other bytes (version ${version})`,
    )
  }
  return ok(view.getUint16(AT.sender))
}

/**
 * The packet, if it is authentic and well formed: exact length, the expected two members and key, a right tag, every
 * field in its range, every unused byte zero. Faults: `ranging.length`, `.version`, `.sender`, `.key`, `.mac`, `.format`.
 */
export function decodePacket(
  bytes: Uint8Array,
  sender: number,
  receiver: number,
  key: PacketKey,
): Result<RangingPacket> {
  const named = readSender(bytes)
  if (!named.ok) return named
  const view = viewOf(bytes)
  const addressee = view.getUint16(AT.receiver)
  if (named.value !== sender || addressee !== receiver) {
    return fail(
      'ranging.sender',
      `ranging packet: expected ${sender} to ${receiver}, got ${named.value} to ${addressee}`,
    )
  }
  if (view.getUint32(AT.keyId) !== key.id) {
    return fail('ranging.key', `ranging packet from ${sender}: expected the key of this session, got another's`)
  }
  if (!equalTags(key.tag(bytes.subarray(0, AT.tag)), bytes.subarray(AT.tag))) {
    return fail('ranging.mac', `ranging packet from ${sender}: expected a valid tag, got a wrong one`)
  }
  const packet = readPacket(bytes, view, sender, receiver)
  if (packet !== undefined) return ok(packet)
  return fail('ranging.format', `ranging packet from ${sender}: expected every field in its range, got one outside`)
}

function readPacket(bytes: Uint8Array, view: DataView, sender: number, receiver: number): RangingPacket | undefined {
  const type = view.getUint8(AT.type)
  const sequence = view.getBigUint64(AT.sequence)
  const segment = view.getBigUint64(AT.segment)
  const ratePpb = BigInt(view.getUint32(AT.rate))
  if (sequence === 0n || segment > BigInt(Number.MAX_SAFE_INTEGER) || ratePpb > RATE_PPB_MAX) return undefined
  if (!isZero(bytes, AT.reserved, AT.tag)) return undefined
  const bootId = bytes.slice(AT.bootId, AT.bootId + BOOT_ID_BYTES)
  const head = { sender, receiver, ratePpb, sequence, bootId, segment: Number(segment) }
  if (type !== TYPE_REQUEST && type !== TYPE_RESPONSE) return undefined
  const previousSequence = view.getBigUint64(AT.previousSequence)
  if (type === TYPE_REQUEST && previousSequence === 0n) {
    const unused = isZero(bytes, AT.receivedKind, AT.sender) && isZero(bytes, AT.receivedError, AT.reserved)
    return unused ? { type: 'request', ...head, previous: undefined } : undefined
  }
  const received = readStamp(view, AT.received, AT.receivedError, AT.receivedKind)
  if (received === undefined) return undefined
  if (previousSequence === 0n) {
    const unused = view.getUint8(AT.sentKind) === 0 && isZero(bytes, AT.sent, AT.reserved)
    return unused ? { type: 'response', ...head, received, previous: undefined } : undefined
  }
  const sent = readStamp(view, AT.sent, AT.sentError, AT.sentKind)
  if (sent === undefined) return undefined
  if (type === TYPE_REQUEST) {
    return { type: 'request', ...head, previous: { sequence: previousSequence, sent, received } }
  }
  return { type: 'response', ...head, received, previous: { sequence: previousSequence, sent } }
}

function writeStamp(view: DataView, stamp: RangingStamp, at: number, errorAt: number, kindAt: number): void {
  assert(abs(stamp.rangingNs) <= INSTANT_LIMIT_NS, `a ranging instant within ±2^62 ns, got ${stamp.rangingNs}`)
  assert(
    stamp.errorNs >= 0n && stamp.errorNs <= STAMP_ERROR_NS_MAX,
    `a stamp error of 0 to 1 s, got ${stamp.errorNs} ns`,
  )
  view.setBigInt64(at, stamp.rangingNs)
  view.setUint32(errorAt, Number(stamp.errorNs))
  view.setUint8(kindAt, STAMP_KINDS.indexOf(stamp.kind) + 1)
}

function readStamp(view: DataView, at: number, errorAt: number, kindAt: number): RangingStamp | undefined {
  const instantNs = view.getBigInt64(at)
  const errorNs = BigInt(view.getUint32(errorAt))
  const kind = STAMP_KINDS[view.getUint8(kindAt) - 1]
  if (kind === undefined || abs(instantNs) > INSTANT_LIMIT_NS || errorNs > STAMP_ERROR_NS_MAX) return undefined
  return { rangingNs: rangingNs(instantNs), errorNs, kind }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  return bytes.subarray(from, to).every((byte) => byte === 0)
}
