import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { privateKeyFromSeed } from './ml-dsa-openssl.ts'
import { publicKeyFromPem } from './public-key.ts'
import { seedToPem } from './seed.ts'
import { selectMlDsa } from './select.ts'
import { createTlsIdentity } from './tls-identity.ts'

const seed = new Uint8Array(32).fill(7)
const pem = createPublicKey(privateKeyFromSeed(seed)).export({ type: 'spki', format: 'pem' })

test('what OpenSSL writes is the key of the signer, and its hash is the one that peers pin', () => {
  const { raw, hash } = unwrap(publicKeyFromPem(pem, 'ts4.pem'))
  assert.deepEqual(raw, selectMlDsa().createSigner(seed).publicKey)
  assert.deepEqual(hash, createTlsIdentity(seed).keyHash)
})

test('a private key, another kind of key and any other text are refused', () => {
  const expected = 'ts4.pem: expected an ML-DSA-87 public key in PEM (RFC 9881), got'
  const other = pem.replace(/^(-+BEGIN PUBLIC KEY-+\n)M/, '$1N')
  const shorter = '-----BEGIN PUBLIC KEY-----\nMCowBQ==\n-----END PUBLIC KEY-----\n'
  for (const [text, got] of [
    [seedToPem(seed), 'text that is not such a PEM block'],
    ['', 'text that is not such a PEM block'],
    [other, '2614 bytes of another kind of key'],
    [shorter, '4 bytes of another kind of key'],
  ] as const) {
    assert.deepEqual(faultOf(publicKeyFromPem(text, 'ts4.pem')), { code: 'key.format', message: `${expected} ${got}` })
  }
})
