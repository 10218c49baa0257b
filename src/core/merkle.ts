import { assert } from './assert.ts'
import { equalBytes } from './bytes.ts'
import { sha256 } from './hash.ts'

/**
 * The Merkle tree of RFC 6962 section 2.1 (unchanged in RFC 9162), SHA-256. A growing log is carried as its frontier:
 * the roots of the complete subtrees that it consists of, largest (oldest) first, one for each 1 in the binary size.
 */

export const MERKLE_HASH_BYTES = 32

const LEAF_PREFIX = Uint8Array.of(0)
const NODE_PREFIX = Uint8Array.of(1)

export const emptyFrontier: readonly Uint8Array[] = []

/** SHA-256(0x00 ‖ data). */
export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(LEAF_PREFIX, data)
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(NODE_PREFIX, left, right)
}

/** How many subtree roots the frontier of a log of `size` leaves has. */
export function frontierLength(size: number): number {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return ones
}

/** The frontier after one more leaf; the log had `size` leaves before. */
export function appendLeaf(frontier: readonly Uint8Array[], size: number, leaf: Uint8Array): readonly Uint8Array[] {
  assertFrontier(frontier, size)
  // Adding one carries through the trailing 1s of the size: each is a complete subtree that now has its right sibling.
  let kept = frontier.length
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) kept -= 1
  const completed = frontier.slice(kept).reduceRight((right, left) => nodeHash(left, right), leaf)
  return [...frontier.slice(0, kept), completed]
}

/** The root (tree head) of a log of `size` leaves; of an empty one it is SHA-256 of nothing. */
export function rootOf(frontier: readonly Uint8Array[], size: number): Uint8Array {
  assertFrontier(frontier, size)
  if (size === 0) return sha256()
  return frontier.reduceRight((right, left) => nodeHash(left, right))
}

function assertFrontier(frontier: readonly Uint8Array[], size: number): void {
  assert(
    Number.isSafeInteger(size) && size >= 0 && frontier.length === frontierLength(size),
    () => `a log of ${size} leaves cannot have a frontier of ${frontier.length}`,
  )
}

/**
 * Whether `path` (bottom up) leads from `leaf` at `index` of a log of `size` to `root`: RFC 9162 section 2.1.3.2. False for
 * anything that does not fit together, never a throw: all arguments may come from a stranger.
 */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  let node = BigInt(index)
  let last = BigInt(size) - 1n
  let hash = leaf
  for (const sibling of path) {
    if (last === 0n) return false
    if ((node & 1n) === 1n || node === last) {
      hash = nodeHash(sibling, hash)
      // The last node of a level without a right sibling is carried up unhashed.
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n
        last >>= 1n
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    node >>= 1n
    last >>= 1n
  }
  return last === 0n && equalBytes(hash, root)
}

/** The inclusion path (bottom up) of the leaf at `index` in the log of exactly these leaf hashes: RFC 6962 2.1.1. */
export function inclusionPath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  assert(
    Number.isSafeInteger(index) && index >= 0 && index < leaves.length,
    () => `no leaf ${index} among ${leaves.length}`,
  )
  const path: Uint8Array[] = []
  let begin = 0
  let end = leaves.length
  while (end - begin > 1) {
    const middle = begin + largestPowerOfTwoBelow(end - begin)
    if (index < middle) {
      path.push(rootOfRange(leaves, middle, end))
      end = middle
    } else {
      path.push(rootOfRange(leaves, begin, middle))
      begin = middle
    }
  }
  return path.reverse()
}

/** The same for several leaves, in the order of `indices`: the log is gone through once. */
export function inclusionPaths(
  leaves: readonly Uint8Array[],
  indices: readonly number[],
): readonly (readonly Uint8Array[])[] {
  const entries = indices.map((index) => ({ index, path: [] as Uint8Array[] }))
  const strange = indices.find((index) => !Number.isSafeInteger(index) || index < 0 || index >= leaves.length)
  assert(strange === undefined, () => `no leaf ${strange} among ${leaves.length}`)
  const walk = (begin: number, end: number, within: typeof entries): Uint8Array => {
    if (within.length === 0 || end - begin === 1) return rootOfRange(leaves, begin, end)
    const middle = begin + largestPowerOfTwoBelow(end - begin)
    const [lefts, rights] = [
      within.filter(({ index }) => index < middle),
      within.filter(({ index }) => index >= middle),
    ]
    const [left, right] = [walk(begin, middle, lefts), walk(middle, end, rights)]
    for (const { path } of lefts) path.push(right)
    for (const { path } of rights) path.push(left)
    return nodeHash(left, right)
  }
  if (entries.length > 0) walk(0, leaves.length, entries)
  return entries.map(({ path }) => path)
}

/** The root of leaves begin … end − 1, at least one. */
function rootOfRange(leaves: readonly Uint8Array[], begin: number, end: number): Uint8Array {
  if (end - begin === 1) {
    const leaf = leaves[begin]
    assert(leaf !== undefined, () => `no leaf ${begin} among ${leaves.length}`)
    return leaf
  }
  const middle = begin + largestPowerOfTwoBelow(end - begin)
  return nodeHash(rootOfRange(leaves, begin, middle), rootOfRange(leaves, middle, end))
}

/** The largest power of two smaller than `count`, count >= 2: where RFC 6962 splits a tree. */
function largestPowerOfTwoBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
