import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { SHA256, SHA384, SHA512 } from './tpm-algorithm.ts'
import { decodeQuote, encodeQuote } from './tpm-attest.ts'
import { decodeSignature, encodeSignature } from './tpm-signature.ts'
import { ATTESTATION_KEY, QUOTE } from './tpm-vectors-fixture.ts'

test('a quote of a real TPM is read to its last byte', () => {
  const quote = unwrap(decodeQuote(QUOTE.attest))
  assert.deepEqual(quote, {
    qualifiedSigner: ATTESTATION_KEY.qualifiedName,
    extraData: QUOTE.extraData,
    clock: { clockMs: 1760n, resetCount: 2, restartCount: 0, safe: true },
    firmwareVersion: QUOTE.firmwareVersion,
    selections: [{ hash: SHA256, pcrs: [0, 1, 2, 7] }],
    pcrDigest: QUOTE.attest.subarray(-32),
  })
  assert.deepEqual(encodeQuote(quote), QUOTE.attest)
})

test('its signature is read', () => {
  const signature = unwrap(decodeSignature(QUOTE.signature))
  assert.deepEqual([signature.scheme, signature.hashId], ['ecdsa', SHA256.id])
  assert.deepEqual(encodeSignature(signature), QUOTE.signature)
})

test('bytes that no TPM made, and other attestations, have their own faults', () => {
  assert.equal(faultOf(decodeQuote(QUOTE.attest.with(0, 0xfe))).code, 'quote.magic')
  assert.equal(faultOf(decodeQuote(QUOTE.attest.with(5, 0x17))).code, 'quote.type')
  assert.equal(faultOf(decodeQuote(QUOTE.attest.subarray(0, 5))).code, 'tpm.encoding')
  // The flag of the clock is a yes or a no, and a bank of SHA-1 counts for nothing.
  assert.equal(faultOf(decodeQuote(QUOTE.attest.with(0x5c, 2))).code, 'tpm.encoding')
  assert.match(faultOf(decodeQuote(QUOTE.attest.with(0x6a, 4))).message, /expected a bank of SHA-2, got hash 0x4/)
})

const selection = fc.record({
  hash: fc.constantFrom(SHA256, SHA384, SHA512),
  pcrs: fc.uniqueArray(fc.nat(23)).map((pcrs) => pcrs.sort((a, b) => a - b)),
})
const quote = fc.record({
  qualifiedSigner: fc.uint8Array({ maxLength: 66 }),
  extraData: fc.uint8Array({ maxLength: 66 }),
  clock: fc.record({
    clockMs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    resetCount: fc.nat(),
    restartCount: fc.nat(),
    safe: fc.boolean(),
  }),
  firmwareVersion: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  selections: fc.array(selection, { maxLength: 8 }),
  pcrDigest: fc.uint8Array({ maxLength: 64 }),
})

test('a quote that is written is read back, and not with a byte less or more', () => {
  fc.assert(
    fc.property(quote, (value) => {
      const bytes = encodeQuote(value)
      assert.deepEqual(unwrap(decodeQuote(bytes)), structuredClone(value))
      for (const other of [bytes.subarray(0, -1), Uint8Array.from([...bytes, 0])]) {
        assert.equal(faultOf(decodeQuote(other)).code, 'tpm.encoding')
      }
    }),
  )
})

test('any bytes are a quote or a signature, the same again when written, or a fault', () => {
  const at = (bytes: Uint8Array) =>
    fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([index, byte]) => bytes.with(index, byte))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), at(QUOTE.attest)), (bytes) => {
      const decoded = decodeQuote(bytes)
      if (decoded.ok) assert.deepEqual(encodeQuote(decoded.value), bytes)
    }),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), at(QUOTE.signature)), (bytes) => {
      const decoded = decodeSignature(bytes)
      if (decoded.ok) assert.deepEqual(encodeSignature(decoded.value), bytes)
    }),
    { numRuns: 1000 },
  )
})
