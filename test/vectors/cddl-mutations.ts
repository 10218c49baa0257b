import { type Item, readCbor, writeCbor } from './strict-cbor.ts'

/** Integers on both sides of every limit of the formats. */
const INTEGERS = [
  ...[0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 34n, 99n, 100n, 101n, 1_000n, 1_001n, 1_000_000n, 1_000_001n],
  ...[99_999_999n, 100_000_000n, 1_000_000_000n, 1_000_000_001n, 60_000_000_000n, 60_000_000_001n],
  ...[(1n << 53n) - 1n, 1n << 53n, 1n << 62n, (1n << 62n) + 1n, (1n << 64n) - 1n],
  ...[-1n, -(1n << 62n), -(1n << 62n) - 1n, -(1n << 64n)],
]
const TEXTS = ['', ' ', '~', 'a@b', ...[64, 65, 129, 130].map((length) => 'z'.repeat(length)), '\u007f', 'a\nb']
const BYTE_STRINGS = [0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 2591, 2592, 2593, 4626, 4627, 4628].map((length) =>
  new Uint8Array(length).fill(7),
)
const OF_ANY_TYPE: readonly Item[] = [null, false, true, 0n, 'a', new Uint8Array(), []]
const ARRAY_LENGTHS = [0, 1, 2, 16, 17, 34, 35, 53, 54, 64, 65, 100, 101]

/** The item with one change: at every place in it, also inside byte strings that hold CBOR, everything above. */
export function* mutations(item: Item): Generator<Item> {
  yield* OF_ANY_TYPE
  if (typeof item === 'bigint') yield* INTEGERS
  if (typeof item === 'string') yield* TEXTS
  if (item instanceof Uint8Array) {
    yield* BYTE_STRINGS
    const inside = arrayInside(item)
    if (inside !== undefined) for (const changed of mutations(inside)) yield writeCbor(changed)
  }
  if (!Array.isArray(item)) return
  const items = item as readonly Item[]
  for (const [index, element] of items.entries()) {
    yield items.toSpliced(index, 1)
    for (const changed of mutations(element)) yield items.with(index, changed)
  }
  const [first = 0n] = items
  for (const length of ARRAY_LENGTHS) yield Array.from({ length }, (_, index) => numbered(first, index))
}

/** A copy that sorts behind those with lower numbers, so that a longer list is still in order. */
function numbered(item: Item, index: number): Item {
  if (typeof item === 'bigint') return BigInt(index)
  if (typeof item === 'string') return `n${String(index).padStart(3, '0')}`
  if (!Array.isArray(item)) return item
  const [first = 0n, ...rest] = item as readonly Item[]
  return [numbered(first, index), ...rest]
}

function arrayInside(bytes: Uint8Array): readonly Item[] | undefined {
  try {
    const item = readCbor(bytes)
    return Array.isArray(item) ? (item as readonly Item[]) : undefined
  } catch {
    return undefined
  }
}
