import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { generateSeed, seedFromPem as seedFromPemBytes, seedToPem } from './seed.ts'

const seedFromPem = (text: string | Buffer, where: string) => seedFromPemBytes(new Uint8Array(Buffer.from(text)), where)

/** RFC 9881 appendix C.1.3.1: the seed is 00 01 … 1f. */
const RFC_PEM = `-----BEGIN PRIVATE KEY-----
MDQCAQAwCwYJYIZIAWUDBAMTBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ
GhscHR4f
-----END PRIVATE KEY-----
`
const RFC_SEED = Uint8Array.from({ length: 32 }, (_, index) => index)

test('the example of RFC 9881 is written and read byte for byte', () => {
  assert.equal(seedToPem(RFC_SEED), RFC_PEM)
  assert.deepEqual(seedFromPem(RFC_PEM, 'example'), { ok: true, value: RFC_SEED })
})

test('OpenSSL reads the text as the key of the seed, and what it exports is read here', () => {
  const seed = generateSeed()
  const key = createPrivateKey(seedToPem(seed))
  assert.equal(key.asymmetricKeyType, 'ml-dsa-87')
  assert.deepEqual(new Uint8Array(key.export({ format: 'raw-seed' })), seed)
  assert.deepEqual(seedFromPem(key.export({ type: 'pkcs8', format: 'pem' }), 'export'), { ok: true, value: seed })
})

test('carriage returns and blank lines at the end are accepted', () => {
  assert.deepEqual(seedFromPem(`${RFC_PEM.replaceAll('\n', '\r\n')}\n`, 'edited'), { ok: true, value: RFC_SEED })
})

test('anything else is a fault that names the text, what was expected and what came', () => {
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const
  const others = [
    '',
    'secret',
    RFC_PEM.replace('MDQC', 'MDQD'),
    RFC_PEM.replace('GhscHR4f', 'GhscHR4'),
    RFC_PEM + RFC_PEM,
    RFC_PEM.replaceAll('PRIVATE', 'PUBLIC'),
    generateKeyPairSync('ml-dsa-65').privateKey.export(pkcs8),
    generateKeyPairSync('ed25519').privateKey.export(pkcs8),
  ]
  for (const text of others) {
    const result = seedFromPem(text, 'node.key')
    assert(!result.ok, text)
    assert.equal(result.fault.code, 'key.format')
    assert.match(result.fault.message, /^node\.key: expected an ML-DSA-87 private key .*, got /)
  }
})
