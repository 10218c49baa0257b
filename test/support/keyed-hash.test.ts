import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../../src/core/bytes.ts'
import { keyedHash } from './keyed-hash.ts'

test('any bit of the message, the key or the context counts', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(bytes, fc.nat(), fc.nat(7), fc.nat(31), (message, position, bit, keyAt) => {
      const key = new Uint8Array(40).fill(7)
      const said = toHex(keyedHash(key, 'context', message))
      const flip = (of: Uint8Array, at: number): Uint8Array =>
        of.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte))
      assert.equal(toHex(keyedHash(key, 'context', Uint8Array.from(message))), said)
      assert.notEqual(toHex(keyedHash(key, 'context', flip(message, position % message.length))), said)
      assert.notEqual(toHex(keyedHash(flip(key, keyAt), 'context', message)), said)
      assert.notEqual(toHex(keyedHash(key, 'contexu', message)), said)
      assert.notEqual(toHex(keyedHash(key, 'context', Uint8Array.of(...message, 0))), said)
    }),
  )
})

test('no two of many short messages have one hash, nor one half of it', () => {
  const key = new Uint8Array(32).fill(1)
  const hashes = Array.from({ length: 20_000 }, (_, number) =>
    toHex(keyedHash(key, 'quorumtime/v1/notarize', Uint8Array.of(number >> 8, number & 255, 0, 0))),
  )
  assert.equal(new Set(hashes).size, hashes.length)
  assert.equal(new Set(hashes.map((hash) => hash.slice(0, 16))).size, hashes.length)
})
