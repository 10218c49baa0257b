import assert from 'node:assert/strict'
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { generateSeed } from './seed.ts'
import { createTlsIdentity } from './tls-identity.ts'

test('the certificate is self-signed by the key of the seed, and the key hash is SHA-384 of its SPKI', () => {
  const { certificatePem, privateKeyPem, keyHash } = createTlsIdentity(generateSeed())
  const certificate = new X509Certificate(certificatePem)
  assert.equal(certificate.publicKey.asymmetricKeyType, 'ml-dsa-87')
  assert.equal(certificate.verify(certificate.publicKey), true)
  assert.equal(certificate.checkPrivateKey(createPrivateKey(privateKeyPem)), true)
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  assert.equal(spki.length, 2614)
  assert.deepEqual(keyHash, new Uint8Array(createHash('sha384').update(spki).digest()))
})

test('the dates of the certificate never expire', () => {
  const certificate = new X509Certificate(createTlsIdentity(generateSeed()).certificatePem)
  assert.equal(certificate.validFromDate.toISOString(), '2000-01-01T00:00:00.000Z')
  assert.equal(certificate.validToDate.toISOString(), '9999-12-31T23:59:59.000Z')
})

test('one seed always gives one key hash, another seed another', () => {
  const seed = generateSeed()
  assert.deepEqual(createTlsIdentity(seed).keyHash, createTlsIdentity(seed).keyHash)
  assert.notDeepEqual(createTlsIdentity(seed).keyHash, createTlsIdentity(generateSeed()).keyHash)
})
