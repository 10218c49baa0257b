import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode as encodeCbor } from 'cborg'
import fc from 'fast-check'
import { hasAtMostItems, readFirstUint } from './cbor-items.ts'

/** What the scan must come to, by a walk through the value. */
function itemsOf(value: unknown): number {
  return Array.isArray(value) ? value.reduce<number>((sum, inner) => sum + itemsOf(inner), 1) : 1
}

const value = fc.letrec((tie) => ({
  item: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 70_000 }),
    fc.array(tie('item'), { maxLength: 30 }),
  ),
})).item

test('items are counted one by one, whatever stands in strings', () => {
  fc.assert(
    fc.property(value, (item) => {
      const bytes = encodeCbor(item)
      const items = itemsOf(item)
      assert.equal(hasAtMostItems(bytes, items), true)
      assert.equal(hasAtMostItems(bytes, items - 1), false)
    }),
  )
})

test('a string of 2^16 bytes and more is one item', () => {
  for (const length of [65_535, 65_536, 1_000_000])
    assert.equal(hasAtMostItems(encodeCbor(new Uint8Array(length)), 1), true)
})

test('anything ends, and what is no CBOR counts up to where a decoder stops', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof hasAtMostItems(bytes, 50) === 'boolean'))
  for (const broken of [
    [0x9f, 0, 0],
    [0x1c, 0, 0],
    [0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0],
    [0x19, 1],
  ]) {
    assert.equal(hasAtMostItems(Uint8Array.from(broken), 1), true)
  }
  assert.equal(hasAtMostItems(new Uint8Array(1_000_000).fill(0x80), 1_000), false)
  assert.equal(hasAtMostItems(new Uint8Array(1_000_000).fill(0x81), 1_000), false)
})

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
