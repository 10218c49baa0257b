import { type Item, readCbor, writeCbor } from './strict-cbor.ts'

/** Integers on both sides of every limit of the formats. */
const INTEGERS = [
  '-18446744073709551616 -4611686018427387905 -4611686018427387904 -1 0 1 2 3 4 5 6 7 34 99 100 101 1000 1001',
  '1000000 1000001 99999999 100000000 1000000000 1000000001 60000000000 60000000001',
  '9007199254740991 9007199254740992 4611686018427387904 4611686018427387905 18446744073709551615',
].flatMap((line) => line.split(' ').map(BigInt))
const LONG_TEXTS = [64, 65, 129, 130].map((length) => 'z'.repeat(length))
const TEXTS = ['', ' ', '~', 'a@b', '\u007f', 'a\nb', ...LONG_TEXTS]
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

/** Longer strings hold whole files, whose parts are changed in files of their own. */
const OPENED_BYTES_MAX = 2_048

function arrayInside(bytes: Uint8Array): readonly Item[] | undefined {
  if (bytes.length > OPENED_BYTES_MAX) return undefined
  try {
    const item = readCbor(bytes)
    return Array.isArray(item) ? (item as readonly Item[]) : undefined
  } catch {
    return undefined
  }
}
