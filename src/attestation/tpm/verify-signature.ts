import { verify } from 'node:crypto'
import { concatBytes } from '../../core/bytes.ts'
import { hashOf } from '../tpm-algorithm.ts'
import type { TpmPublic } from '../tpm-public.ts'
import type { TpmSignature } from '../tpm-signature.ts'
import { curveOf, keyObjectOf, padded } from './key-object.ts'

/** Whether `key` has signed `message`. Anything that cannot be a signature of that key is none. */
export function verifySignature(key: TpmPublic, signature: TpmSignature, message: Uint8Array): boolean {
  const hash = hashOf(signature.hashId)
  const keyObject = keyObjectOf(key)
  if (hash === undefined || !keyObject.ok) return false
  if (signature.scheme === 'rsassa') {
    return key.key.type === 'rsa' && verify(hash.name, message, keyObject.value, signature.signature)
  }
  const curve = key.key.type === 'ecc' ? curveOf(key.key) : undefined
  const r = curve && padded(signature.r, curve.coordinateBytes)
  const s = curve && padded(signature.s, curve.coordinateBytes)
  if (r === undefined || s === undefined) return false
  return verify(hash.name, message, { key: keyObject.value, dsaEncoding: 'ieee-p1363' }, concatBytes(r, s))
}
