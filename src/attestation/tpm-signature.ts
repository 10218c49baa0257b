import { concatBytes } from '../core/bytes.ts'
import type { Result } from '../core/fault.ts'
import { TPM_ALG_ECDSA, TPM_ALG_RSASSA } from './tpm-algorithm.ts'
import { TpmReader } from './tpm-reader.ts'
import { sized, u16 } from './tpm-writer.ts'

/** TPMT_SIGNATURE (part 2, 11.3.4) of the two schemes that attestation keys here have. */
export type TpmSignature =
  | { readonly scheme: 'ecdsa'; readonly hashId: number; readonly r: Uint8Array; readonly s: Uint8Array }
  | { readonly scheme: 'rsassa'; readonly hashId: number; readonly signature: Uint8Array }

const COORDINATE_BYTES_MAX = 66
const RSA_BYTES_MAX = 512

export function encodeSignature(signature: TpmSignature): Uint8Array {
  return signature.scheme === 'ecdsa'
    ? concatBytes(u16(TPM_ALG_ECDSA), u16(signature.hashId), sized(signature.r), sized(signature.s))
    : concatBytes(u16(TPM_ALG_RSASSA), u16(signature.hashId), sized(signature.signature))
}

/** To its last byte; r and s may be shorter than the curve's order. Fault: `tpm.encoding`. */
export function decodeSignature(bytes: Uint8Array): Result<TpmSignature> {
  const from = new TpmReader(bytes, 'signature')
  const id = from.u16()
  const hashId = from.u16()
  if (id === TPM_ALG_ECDSA) {
    const r = from.sized(COORDINATE_BYTES_MAX)
    return from.end({ scheme: 'ecdsa', hashId, r, s: from.sized(COORDINATE_BYTES_MAX) })
  }
  if (id !== TPM_ALG_RSASSA) from.refuse('ECDSA or RSASSA', `scheme 0x${id.toString(16)}`)
  return from.end({ scheme: 'rsassa', hashId, signature: from.sized(RSA_BYTES_MAX) })
}
