import { concatBytes, utf8 } from '../core/bytes.ts'
import { platformDigest } from './tpm/platform-digest.ts'
import { SHA256, SHA384 } from './tpm-algorithm.ts'

export interface LoggedEvent {
  readonly pcr: number
  readonly type: number
  readonly data: Uint8Array
}

/** SHA-1, which firmware still logs and nobody here believes, beside the two that count. */
const SHA1 = { id: 4, bytes: 20 }

/** A log as firmware writes it (TCG PC Client Platform Firmware Profile, 10.2), each digest being that of the data. */
export function buildEventLog(events: readonly LoggedEvent[]): Uint8Array {
  const algorithms = [SHA1, SHA256, SHA384].flatMap(({ id, bytes }) => [u16(id), u16(bytes)])
  const spec = concatBytes(
    utf8('Spec ID Event03\0'),
    u32(0),
    Uint8Array.of(0, 2, 0, 2),
    u32(3),
    ...algorithms,
    Uint8Array.of(0),
  )
  return concatBytes(u32(0), u32(3), new Uint8Array(20), u32(spec.length), spec, ...events.map(encodeEvent))
}

function encodeEvent({ pcr, type, data }: LoggedEvent): Uint8Array {
  const digests = [SHA256, SHA384].flatMap(({ id, name }) => [u16(id), platformDigest(name, data)])
  return concatBytes(u32(pcr), u32(type), u32(3), u16(SHA1.id), new Uint8Array(20), ...digests, u32(data.length), data)
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8)
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8, value >> 16, value >>> 24)
}
