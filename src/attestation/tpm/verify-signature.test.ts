import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { unwrap } from '../../../test/support/results.ts'
import { SHA256, SHA384 } from '../tpm-algorithm.ts'
import { decodePublic, type TpmPublic } from '../tpm-public.ts'
import { decodeSignature, type TpmSignature } from '../tpm-signature.ts'
import { ATTESTATION_ECDSA_P256, ATTESTATION_RSASSA_2048, ENDORSEMENT_ECC_P384 } from '../tpm-template.ts'
import { ATTESTATION_KEY, QUOTE } from '../tpm-vectors-fixture.ts'
import { keyObjectOf } from './key-object.ts'
import { verifySignature } from './verify-signature.ts'

const KEY = unwrap(decodePublic(ATTESTATION_KEY.publicArea, 'key'))
const SIGNATURE = unwrap(decodeSignature(QUOTE.signature))

test('the signature of a real TPM verifies, and not over another byte', () => {
  assert.equal(verifySignature(KEY, SIGNATURE, QUOTE.attest), true)
  for (let at = 0; at < QUOTE.attest.length; at++) {
    assert.equal(verifySignature(KEY, SIGNATURE, QUOTE.attest.with(at, QUOTE.attest[at]! ^ 1)), false)
  }
})

test('numbers without their leading zeros are the same numbers', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = eccKey(publicKey.export({ format: 'jwk' }))
  const message = new Uint8Array(10)
  for (;;) {
    const raw = new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
    if (raw[0] !== 0) continue
    const [r, s] = [raw.subarray(1, 32), raw.subarray(32)]
    assert.equal(verifySignature(key, { scheme: 'ecdsa', hashId: SHA256.id, r, s }, message), true)
    const zeros = { scheme: 'ecdsa' as const, hashId: SHA256.id, r: Uint8Array.of(0, 0, ...r), s }
    assert.equal(verifySignature(key, zeros, message), false, 'longer than the order of the curve')
    return
  }
})

test('RSASSA is verified with the hash that it names', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const modulus = Uint8Array.fromBase64(publicKey.export({ format: 'jwk' }).n ?? '', { alphabet: 'base64url' })
  const key = { ...ATTESTATION_RSASSA_2048, key: { ...ATTESTATION_RSASSA_2048.key, modulus } } as TpmPublic
  const message = Uint8Array.of(1)
  const signature = (hashId: number): TpmSignature => ({
    scheme: 'rsassa',
    hashId,
    signature: new Uint8Array(sign('sha256', message, privateKey)),
  })
  assert.equal(verifySignature(key, signature(SHA256.id), message), true)
  assert.equal(verifySignature(key, signature(SHA384.id), message), false)
  assert.equal(verifySignature(key, signature(4), message), false, 'SHA-1')
  assert.equal(verifySignature(KEY, signature(SHA256.id), message), false, 'a key of ECC')
  assert.equal(verifySignature(key, SIGNATURE, message), false, 'a signature of ECDSA')
})

test('what is no key, or no point of its curve, verifies nothing', () => {
  const off = eccKey({ x: Buffer.alloc(32, 1).toString('base64url'), y: Buffer.alloc(32, 1).toString('base64url') })
  assert.equal(keyObjectOf(off).ok, false)
  assert.equal(verifySignature(off, SIGNATURE, QUOTE.attest), false)
  for (const template of [ATTESTATION_ECDSA_P256, ENDORSEMENT_ECC_P384]) {
    assert.equal(verifySignature(template, SIGNATURE, QUOTE.attest), false)
  }
})

function eccKey({ x, y }: { readonly x?: string; readonly y?: string }): TpmPublic {
  const [xBytes, yBytes] = [x, y].map((text) => Uint8Array.fromBase64(text ?? '', { alphabet: 'base64url' }))
  return { ...ATTESTATION_ECDSA_P256, key: { ...ATTESTATION_ECDSA_P256.key, x: xBytes, y: yBytes } as TpmPublic['key'] }
}
