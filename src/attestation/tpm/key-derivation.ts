import { createHash, createHmac } from 'node:crypto'
import { concatBytes, utf8 } from '../../core/bytes.ts'
import type { HashAlgorithm } from '../tpm-algorithm.ts'
import { u32 } from '../tpm-writer.ts'

/** The key derivation of TPMs. Lengths in bits are whole bytes here; labels end in a zero byte. */

/** KDFa (part 1, 11.4.10.2; SP 800-108 in counter mode with HMAC). */
export function deriveByHmac(
  hash: HashAlgorithm,
  key: Uint8Array,
  label: string,
  contexts: { readonly u: Uint8Array; readonly v: Uint8Array },
  bits: number,
): Uint8Array {
  const fixed = concatBytes(utf8(`${label}\0`), contexts.u, contexts.v, u32(bits))
  return blocks(hash, bits, (counter) => createHmac(hash.name, key).update(counter).update(fixed).digest())
}

/** KDFe (part 1, 11.4.10.3; SP 800-56A) of the x coordinate of the shared point of an ECDH. */
export function deriveByPoint(
  hash: HashAlgorithm,
  sharedX: Uint8Array,
  label: string,
  parties: { readonly u: Uint8Array; readonly v: Uint8Array },
  bits: number,
): Uint8Array {
  const fixed = concatBytes(sharedX, utf8(`${label}\0`), parties.u, parties.v)
  return blocks(hash, bits, (counter) => createHash(hash.name).update(counter).update(fixed).digest())
}

function blocks(hash: HashAlgorithm, bits: number, block: (counter: Uint8Array) => Uint8Array): Uint8Array {
  const bytes = Math.ceil(bits / 8)
  const count = Math.ceil(bytes / hash.bytes)
  return concatBytes(...Array.from({ length: count }, (_, index) => block(u32(index + 1)))).slice(0, bytes)
}
