import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode as encodeCbor } from 'cborg'
import fc from 'fast-check'
import { readFirstUint } from './cbor-items.ts'

test('the first unsigned integer of an array is read without the rest', () => {
  const uint = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.nat({ max: 300 }))
  fc.assert(
    fc.property(uint, fc.array(fc.nat(), { maxLength: 22 }), fc.nat(), (first, rest, cut) => {
      const bytes = encodeCbor([first, ...rest])
      assert.equal(readFirstUint(bytes), first)
      const read = readFirstUint(bytes.subarray(0, cut % bytes.length))
      assert.ok(read === undefined || read === first)
    }),
  )
  for (const other of [[], 7, 'text', [-1], ['a'], [[1]], [null], [2n ** 53n], Array.from({ length: 24 }, () => 1)]) {
    assert.equal(readFirstUint(encodeCbor(other)), undefined)
  }
  assert.equal(readFirstUint(new Uint8Array()), undefined)
  assert.equal(readFirstUint(Uint8Array.of(0x81, 0x1c)), undefined)
})
