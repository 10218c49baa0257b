import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { encode } from 'cborg'
import fc from 'fast-check'
import { type Binding, extraDataOf } from './binding.ts'

const BINDING: Binding = {
  cluster: 'rack-7',
  keyHash: new Uint8Array(48).fill(1),
  certificateHash: new Uint8Array(48).fill(2),
  statementDigest: new Uint8Array(48).fill(3),
  challenge: new Uint8Array(),
}

test('what a quote carries is what the docstring says, by another encoder and another hash', () => {
  for (const certificateHash of [BINDING.certificateHash, undefined]) {
    for (const statementDigest of [BINDING.statementDigest, undefined]) {
      const { cluster, keyHash, challenge } = BINDING
      const hashes = [keyHash, certificateHash ?? null, statementDigest ?? null]
      const array = ['quorumtime/v1/attestation', cluster, ...hashes, challenge]
      const expected = createHash('sha256').update(encode(array)).digest()
      assert.deepEqual(extraDataOf({ ...BINDING, certificateHash, statementDigest }), new Uint8Array(expected))
    }
  }
})

test('everything in it counts', () => {
  const hash48 = fc.uint8Array({ minLength: 48, maxLength: 48 })
  const binding: fc.Arbitrary<Binding> = fc.record({
    cluster: fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'b') }),
    keyHash: hash48,
    certificateHash: fc.option(hash48, { nil: undefined }),
    statementDigest: fc.option(hash48, { nil: undefined }),
    challenge: fc.uint8Array({ maxLength: 64 }),
  })
  fc.assert(
    fc.property(binding, binding, (one, other) => {
      for (const key of ['cluster', 'keyHash', 'certificateHash', 'statementDigest', 'challenge'] as const) {
        if (JSON.stringify(one[key]) === JSON.stringify(other[key])) continue
        assert.notDeepEqual(extraDataOf({ ...one, [key]: other[key] }), extraDataOf(one))
      }
    }),
  )
})
