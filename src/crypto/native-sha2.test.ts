import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bringSha2, sha256, sha384 } from '../core/hash.ts'
import { NATIVE_SHA2 } from './native-sha2.ts'

const PARTS = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 })

test('hashes are the same before and after a process brings its own', () => {
  const parts = fc.sample(PARTS, 100)
  const before = parts.map((some) => [sha384(...some), sha256(...some)])
  bringSha2(NATIVE_SHA2)
  assert.deepEqual(
    parts.map((some) => [sha384(...some), sha256(...some)]),
    before,
  )
})

test('what is not SHA-2 is not taken', () => {
  const wrong = (bytes: Uint8Array): Uint8Array => NATIVE_SHA2.sha256(bytes).map((byte) => byte ^ 1)
  assert.throws(() => bringSha2({ sha384: NATIVE_SHA2.sha384, sha256: wrong }), /expected a sha256 that agrees/)
  assert.throws(
    () => bringSha2({ sha384: NATIVE_SHA2.sha256, sha256: NATIVE_SHA2.sha256 }),
    /expected a sha384 that agrees/,
  )
})
