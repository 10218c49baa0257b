import { concatBytes, equalBytes } from '../core/bytes.ts'
import type { Digest, HashAlgorithm } from './tpm-algorithm.ts'
import { hashOf } from './tpm-algorithm.ts'
import type { TpmReader } from './tpm-reader.ts'
import { u8, u16, u32 } from './tpm-writer.ts'

/** Platform configuration registers of one bank. */
export interface PcrSelection {
  readonly hash: HashAlgorithm
  /** Numbers 0 to 23, ascending, each once. */
  readonly pcrs: readonly number[]
}

/** What registers of one bank hold: number → digest of the bank's hash. */
export type PcrValues = ReadonlyMap<number, Uint8Array>

/** PC Client Platform TPM Profile: 24 registers, so a bitmap of three bytes. */
const BITMAP_BYTES = 3
const BITS_PER_BYTE = 8
export const PCR_COUNT = BITMAP_BYTES * BITS_PER_BYTE
/** As many banks as TPMs of today have hash functions; each is named at most once. */
const BANKS_MAX = 8

/** TPML_PCR_SELECTION (part 2, 10.9.7): u32 count, then per bank u16 hash, u8 size of the bitmap, bit b of byte i = PCR 8i + b. */
export function encodeSelections(selections: readonly PcrSelection[]): Uint8Array {
  return concatBytes(u32(selections.length), ...selections.map(encodeSelection))
}

function encodeSelection({ hash, pcrs }: PcrSelection): Uint8Array {
  const bitmap = new Uint8Array(BITMAP_BYTES)
  for (const pcr of pcrs) {
    const at = Math.floor(pcr / BITS_PER_BYTE)
    bitmap[at] = (bitmap[at] ?? 0) | (1 << (pcr % BITS_PER_BYTE))
  }
  return concatBytes(u16(hash.id), u8(BITMAP_BYTES), bitmap)
}

/** Strict: a bank of a hash that is not trusted here, or a bitmap of another size, is refused. */
export function readSelections(from: TpmReader): readonly PcrSelection[] {
  const count = from.u32()
  if (count > BANKS_MAX) from.refuse(`at most ${BANKS_MAX} banks`, `${count}`)
  const selections: PcrSelection[] = []
  for (let index = 0; index < Math.min(count, BANKS_MAX); index++) {
    const id = from.u16()
    const hash = hashOf(id)
    const size = from.u8()
    if (hash === undefined) from.refuse('a bank of SHA-2', `hash 0x${id.toString(16)}`)
    if (size !== BITMAP_BYTES) from.refuse(`a bitmap of ${BITMAP_BYTES} bytes`, `${size}`)
    const bitmap = from.take(BITMAP_BYTES)
    if (hash !== undefined) selections.push({ hash, pcrs: numbersOf(bitmap) })
  }
  return selections
}

function numbersOf(bitmap: Uint8Array): readonly number[] {
  return Array.from({ length: PCR_COUNT }, (_, pcr) => pcr).filter(
    (pcr) => (((bitmap[Math.floor(pcr / BITS_PER_BYTE)] ?? 0) >> (pcr % BITS_PER_BYTE)) & 1) === 1,
  )
}

/** The same banks with the same registers, in the same order: a quote of fewer, of more or of none is another one. */
export function sameSelections(a: readonly PcrSelection[], b: readonly PcrSelection[]): boolean {
  return equalBytes(encodeSelections(a), encodeSelections(b))
}

/** `sha256:0,1,2,7`, as tpm2-tools write it. */
export function describeSelections(selections: readonly PcrSelection[]): string {
  return selections.map(({ hash, pcrs }) => `${hash.name}:${pcrs.join(',')}`).join('+') || 'nothing'
}

/**
 * The digest that a quote and a policy have over registers (part 1, 17.5): the hash of the values one after another, in
 * ascending order. Undefined when a value is missing or is not as long as the bank's digests.
 */
export function pcrDigest(
  digest: Digest,
  by: HashAlgorithm,
  { hash, pcrs }: PcrSelection,
  values: PcrValues,
): Uint8Array | undefined {
  const parts = pcrs.map((pcr) => values.get(pcr))
  if (!parts.every((part): part is Uint8Array => part?.length === hash.bytes)) return undefined
  return digest(by.name, ...parts)
}
