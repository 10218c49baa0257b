import { decode, encode } from 'cborg'
import fc from 'fast-check'
import { concatBytes } from '../../src/core/bytes.ts'

/** Bytes that are almost right: a valid input with a few edits, of its bytes or of the CBOR items in it; or just bytes. */
export function almost(corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const base = fc.constantFrom(...corpus)
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(base, fc.array(byteEdit, { minLength: 1, maxLength: 4 })).map(applyBytes) },
    { weight: 5, arbitrary: fc.tuple(base, fc.array(itemEdit, { minLength: 1, maxLength: 3 })).map(applyItems) },
    { weight: 1, arbitrary: fc.tuple(base, fc.array(itemEdit, { maxLength: 1 }), byteEdit).map(applyBoth) },
    { weight: 1, arbitrary: base },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }) },
  )
}

/** The same for bytes without a grammar that CBOR knows: a valid input with a few edits of its bytes, or just bytes. */
export function almostBytes(corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const base = fc.constantFrom(...corpus)
  return fc.oneof(
    { weight: 10, arbitrary: fc.tuple(base, fc.array(byteEdit, { minLength: 1, maxLength: 4 })).map(applyBytes) },
    { weight: 1, arbitrary: base },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }) },
  )
}

type ByteEdit = (bytes: Uint8Array) => Uint8Array
/** Replaces the item that stands at a place of the tree, counted in the order of the encoding. */
interface ItemEdit {
  readonly place: number
  readonly item: (old: unknown) => unknown
}

/** Any place of an input of any length. */
const place = fc.nat(0xffffff)
const someBytes = fc.uint8Array({ maxLength: 40 })

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(([at, by]): ByteEdit => {
    return (bytes) => bytes.map((byte, index) => (index === at % Math.max(1, bytes.length) ? byte ^ by : byte))
  }),
  fc.tuple(place, someBytes).map(([at, inserted]): ByteEdit => {
    return (bytes) => splice(bytes, at % (bytes.length + 1), 0, inserted)
  }),
  fc.tuple(place, fc.integer({ min: 1, max: 64 })).map(([at, removed]): ByteEdit => {
    return (bytes) => splice(bytes, at % (bytes.length + 1), removed, new Uint8Array())
  }),
  place.map(
    (at): ByteEdit =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
  fc.tuple(place, place, fc.integer({ min: 1, max: 200 })).map(([from, to, length]): ByteEdit => {
    return (bytes) => {
      const start = from % (bytes.length + 1)
      return splice(bytes, to % (bytes.length + 1), 0, bytes.slice(start, start + length))
    }
  }),
)

/** What a field may be and hardly ever is: the ends of ranges, other types, other lengths. */
const strangeItem: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(0, 1, -1, 2 ** 53 - 1, 2n ** 53n, 2n ** 62n, 2n ** 62n + 1n, 2n ** 64n - 1n, -(2n ** 63n)),
  fc.constantFrom<unknown>(null, true, false, '', [], new Uint8Array(), new Uint8Array(48), new Uint8Array(4627)),
  fc.string({ maxLength: 80 }),
  fc.integer(),
  someBytes,
  fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 120 }),
)

const itemEdit: fc.Arbitrary<ItemEdit> = fc
  .tuple(
    place,
    fc.oneof(
      strangeItem.map((item) => () => item),
      // What stays close: a list in another order, longer or shorter, a number beside.
      fc.constantFrom<(old: unknown) => unknown>(
        (old) => (Array.isArray(old) ? old.toReversed() : old),
        (old) => (Array.isArray(old) ? [...(old as unknown[]), ...(old as unknown[])] : old),
        (old) => (Array.isArray(old) ? old.slice(1) : old),
        (old) => (typeof old === 'number' ? old + 1 : typeof old === 'bigint' ? -old : old),
        (old) => (old instanceof Uint8Array ? old.subarray(1) : old),
      ),
    ),
  )
  .map(([at, item]) => ({ place: at, item }))

function applyBytes([base, edits]: [Uint8Array, readonly ByteEdit[]]): Uint8Array {
  return edits.reduce((bytes, edit) => edit(bytes), base)
}

function applyItems([base, edits]: [Uint8Array, readonly ItemEdit[]]): Uint8Array {
  let root: unknown
  try {
    root = decode(base)
  } catch {
    return base
  }
  for (const { place: at, item } of edits) root = replaced(root, { left: at % Math.max(1, count(root)) }, item)
  try {
    return encode(root)
  } catch {
    return base
  }
}

function applyBoth([base, items, bytes]: [Uint8Array, readonly ItemEdit[], ByteEdit]): Uint8Array {
  return bytes(applyItems([base, items]))
}

function count(item: unknown): number {
  return Array.isArray(item) ? 1 + item.reduce((sum: number, inner) => sum + count(inner), 0) : 1
}

function replaced(item: unknown, at: { left: number }, change: (old: unknown) => unknown): unknown {
  const here = at.left === 0
  at.left -= 1
  if (here) return change(item)
  if (!Array.isArray(item)) return item
  const inner: readonly unknown[] = item
  return inner.map((each) => (at.left < 0 ? each : replaced(each, at, change)))
}

function splice(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return concatBytes(bytes.subarray(0, at), inserted, bytes.subarray(at + removed))
}
