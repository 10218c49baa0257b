import { fail, ok, type Result } from '../../src/core/fault.ts'
import { MESSAGE_TYPES, type MessageType } from './header.ts'
import { hex, TLV_TYPES, type Tlv } from './tlv.ts'

/** What a Signaling message negotiates: who is sent which messages alone, how often and for how long (IEEE 1588-2019, 16.1). */
export type UnicastTlv =
  | { readonly kind: 'request'; readonly of: UnicastType; readonly logInterval: number; readonly seconds: number }
  /** `seconds` 0: refused. `renewal`: asking again will be granted, as far as can be known. */
  | {
      readonly kind: 'grant'
      readonly of: UnicastType
      readonly logInterval: number
      readonly seconds: number
      readonly renewal: boolean
    }
  | { readonly kind: 'cancel' | 'acknowledge-cancel'; readonly of: UnicastType }

/** The messages that are negotiated. */
export type UnicastType = Extract<MessageType, 'announce' | 'sync' | 'delay-resp' | 'pdelay-resp'>

const UNICAST_TYPES = new Map<number, UnicastType>(
  (['announce', 'sync', 'delay-resp', 'pdelay-resp'] as const).map((type) => [MESSAGE_TYPES[type], type]),
)

const VALUE_BYTES = { request: 6, grant: 8, cancel: 2, 'acknowledge-cancel': 2 } as const
const TYPES = {
  request: TLV_TYPES.requestUnicastTransmission,
  grant: TLV_TYPES.grantUnicastTransmission,
  cancel: TLV_TYPES.cancelUnicastTransmission,
  'acknowledge-cancel': TLV_TYPES.acknowledgeCancelUnicastTransmission,
} as const
const KINDS = new Map<number, UnicastTlv['kind']>(
  (['request', 'grant', 'cancel', 'acknowledge-cancel'] as const).map((kind) => [TYPES[kind], kind]),
)

/** Undefined for a TLV of another type. Fault `ptp.tlv`: a wrong length, or a message that cannot be negotiated. */
export function decodeUnicast({ type, value }: Tlv): Result<UnicastTlv | undefined> {
  const kind = KINDS.get(type)
  if (kind === undefined) return ok(undefined)
  const where = `TLV of type ${hex(type)}`
  if (value.length !== VALUE_BYTES[kind]) {
    return fail('ptp.tlv', `${where}: expected ${VALUE_BYTES[kind]} bytes, got ${value.length}`)
  }
  const view = new DataView(value.buffer, value.byteOffset, value.length)
  const of = UNICAST_TYPES.get(view.getUint8(0) >> 4)
  if (of === undefined) return fail('ptp.tlv', `${where}: expected a negotiable message, got ${view.getUint8(0) >> 4}`)
  if (kind !== 'request' && kind !== 'grant') return ok({ kind, of })
  const terms = { of, logInterval: view.getInt8(1), seconds: view.getUint32(2) }
  return ok(kind === 'grant' ? { kind, ...terms, renewal: (view.getUint8(7) & 1) === 1 } : { kind, ...terms })
}

export function encodeUnicast(tlv: UnicastTlv): Tlv {
  const value = new Uint8Array(VALUE_BYTES[tlv.kind])
  const view = new DataView(value.buffer)
  view.setUint8(0, MESSAGE_TYPES[tlv.of] << 4)
  if (tlv.kind === 'request' || tlv.kind === 'grant') {
    view.setInt8(1, tlv.logInterval)
    view.setUint32(2, tlv.seconds)
  }
  if (tlv.kind === 'grant') view.setUint8(7, tlv.renewal ? 1 : 0)
  return { type: TYPES[tlv.kind], value }
}
