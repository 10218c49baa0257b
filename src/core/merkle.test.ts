import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from './bytes.ts'
import {
  appendLeaf,
  emptyFrontier,
  frontierLength,
  inclusionPath,
  inclusionPaths,
  leafHash,
  nodeHash,
  rootOf,
  verifyInclusion,
} from './merkle.ts'

// The reference tree of certificate-transparency (cpp/merkletree/merkle_tree_test.cc): leaf data, and the root at each size.
const LEAF_DATA = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const PATHS = [
  { index: 0, size: 1, path: [] },
  {
    index: 0,
    size: 8,
    path: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    index: 5,
    size: 8,
    path: [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
  { index: 2, size: 3, path: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'] },
  {
    index: 1,
    size: 5,
    path: [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
]

const LEAVES = LEAF_DATA.map((hex) => leafHash(fromHex(hex)))

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function frontierOf(leaves: readonly Uint8Array[]): readonly Uint8Array[] {
  return leaves.reduce((frontier, leaf, size) => appendLeaf(frontier, size, leaf), emptyFrontier)
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))
}

/** RFC 6962 section 2.1 as it is written, over leaf hashes. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)))
}

test('the frontier gives the published root of every size from 0 to 8', () => {
  for (const [size, root] of ROOTS.entries()) {
    const frontier = frontierOf(LEAVES.slice(0, size))
    assert.equal(frontier.length, frontierLength(size))
    assert.equal(toHex(rootOf(frontier, size)), root, `size ${size}`)
  }
})

test('inclusion paths are the published ones and lead to the published roots', () => {
  for (const { index, size, path } of PATHS) {
    const made = inclusionPath(LEAVES.slice(0, size), index)
    assert.deepEqual(made.map(toHex), path, `leaf ${index} of ${size}`)
    assert.equal(verifyInclusion(LEAVES[index]!, index, size, path.map(fromHex), fromHex(ROOTS[size]!)), true)
  }
})

test('for every size up to 70 the frontier has the root of the definition, and every path leads to it', () => {
  const leaves = Array.from({ length: 70 }, (_, index) => leafHash(Uint8Array.of(index)))
  let frontier = emptyFrontier
  for (const [index, leaf] of leaves.entries()) {
    frontier = appendLeaf(frontier, index, leaf)
    const size = index + 1
    const root = rootOf(frontier, size)
    const present = leaves.slice(0, size)
    assert.deepEqual(root, treeHash(present))
    for (let at = 0; at < size; at++) {
      assert.equal(verifyInclusion(leaves[at]!, at, size, inclusionPath(present, at), root), true, `${at} of ${size}`)
    }
  }
})

test('a path proves one leaf, at one index, in one size, under one root', () => {
  const tree = fc.integer({ min: 1, max: 40 }).chain((size) => fc.tuple(fc.constant(size), fc.nat({ max: size - 1 })))
  fc.assert(
    fc.property(tree, fc.nat({ max: 45 }), fc.integer({ min: 1, max: 45 }), ([size, index], otherIndex, otherSize) => {
      const leaves = Array.from({ length: size }, (_, at) => leafHash(Uint8Array.of(at)))
      const root = rootOf(frontierOf(leaves), size)
      const path = inclusionPath(leaves, index)
      const leaf = leaves[index]!
      assert.equal(verifyInclusion(flipped(leaf), index, size, path, root), false)
      assert.equal(verifyInclusion(leaf, index, size, path, flipped(root)), false)
      assert.equal(verifyInclusion(leaf, index, size, [...path, leaf], root), false)
      assert.equal(verifyInclusion(leaf, index, size, path.slice(0, -1), root), path.length === 0)
      if (otherIndex !== index) assert.equal(verifyInclusion(leaf, otherIndex, size, path, root), false)
      for (const at of path.keys()) {
        assert.equal(verifyInclusion(leaf, index, size, path.with(at, flipped(path[at]!)), root), false)
      }
      const lengthDiffers = otherSize !== size && pathLength(index, otherSize) !== path.length
      if (lengthDiffers) assert.equal(verifyInclusion(leaf, index, otherSize, path, root), false)
    }),
  )
})

function pathLength(index: number, size: number): number {
  return index < size ? inclusionPath(Array<Uint8Array>(size).fill(LEAVES[0]!), index).length : -1
}

test('verification answers false to indices and sizes that cannot be', () => {
  const root = fromHex(ROOTS[8]!)
  const path = inclusionPath(LEAVES, 3)
  for (const [index, size] of [
    [8, 8],
    [-1, 8],
    [0.5, 8],
    [3, Number.NaN],
    [3, 2 ** 53],
    [3, 0],
  ] as const) {
    assert.equal(verifyInclusion(LEAVES[3]!, index, size, path, root), false, `leaf ${index} of ${size}`)
  }
})

test('a frontier that cannot belong to the size is a broken invariant', () => {
  assert.throws(() => rootOf(frontierOf(LEAVES), 7), /cannot have a frontier/)
  assert.throws(() => appendLeaf(emptyFrontier, 1, LEAVES[0]!), /cannot have a frontier/)
})

test('sizes beyond 32 bits keep their bits', () => {
  // 2^40 + 1 leaves: one complete subtree and one leaf; the next leaf joins that leaf.
  const size = 2 ** 40 + 1
  const [left, right, leaf] = [LEAVES[0]!, LEAVES[1]!, LEAVES[2]!]
  assert.deepEqual(appendLeaf([left, right], size, leaf), [left, nodeHash(right, leaf)])
  assert.equal(frontierLength(2 ** 53 - 1), 53)
  assert.equal(verifyInclusion(leaf, size - 1, size, [left], nodeHash(left, leaf)), true)
})

test('several paths at once are the paths of each', () => {
  const leaves = Array.from({ length: 37 }, (_, index) => leafHash(Uint8Array.of(index)))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 37 }), fc.array(fc.nat(36), { maxLength: 8 }), (size, wanted) => {
      const some = leaves.slice(0, size)
      const indices = wanted.map((index) => index % size)
      assert.deepEqual(
        inclusionPaths(some, indices),
        indices.map((index) => inclusionPath(some, index)),
      )
    }),
  )
  assert.throws(() => inclusionPaths(leaves, [37]), /no leaf 37 among 37/)
})
