import type { TLSSocket } from 'node:tls'

/** RFC 5705, as RFC 8446 section 7.5 defines it for TLS 1.3. */
const EXPORTER_LABEL = 'EXPORTER-quorumtime-ranging-v1'
const KEY_BYTES = 32

export type Role = 'dialler' | 'listener'

/** What authenticates ranging packets between two members while their link lives: 32 bytes for each direction. */
export interface RangingKeys {
  readonly send: Uint8Array
  readonly receive: Uint8Array
}

/**
 * Exports 64 bytes with the context (dialler's id, listener's id), each u16 big-endian: the first half authenticates
 * what the dialler (the TLS client) sends, the second what the listener sends.
 */
export function exportRangingKeys(socket: TLSSocket, role: Role, dialler: number, listener: number): RangingKeys {
  const context = Buffer.alloc(4)
  context.writeUInt16BE(dialler, 0)
  context.writeUInt16BE(listener, 2)
  const exported = new Uint8Array(socket.exportKeyingMaterial(2 * KEY_BYTES, EXPORTER_LABEL, context))
  const fromDialler = exported.slice(0, KEY_BYTES)
  const fromListener = exported.slice(KEY_BYTES)
  return role === 'dialler'
    ? { send: fromDialler, receive: fromListener }
    : { send: fromListener, receive: fromDialler }
}
