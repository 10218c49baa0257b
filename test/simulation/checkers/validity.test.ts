import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Commit } from '../../../src/consensus/replica/types.ts'
import { type ClusterNode, createReplicaCluster, START_TAI, testMembership } from '../../support/replica-cluster.ts'
import type { TrueMark } from '../world/station.ts'
import { createValidityChecker, type ValidityCast } from './validity.ts'

/** A calm cluster whose clocks are all right, with everything that it measured. */
let nodes: readonly ClusterNode[]
const marks: TrueMark[] = []
const everybody = new Set([0, 1, 2, 3])

before(async () => {
  const cluster = createReplicaCluster({
    n: 4,
    seed: 3,
    reading: (member, epoch, measurement) => {
      const truthNs = START_TAI + cluster.now() - measurement.rangingNs
      marks.push({ member, epoch, measurement, truthNs })
      return measurement
    },
  })
  await cluster.run(3_500_000_000n)
  nodes = cluster.nodes
  assert.ok((nodes[0]?.commits.length ?? 0) >= 2 && marks.length >= 8)
})

function messages(
  change: { mark?(mark: TrueMark): TrueMark; commit?(commit: Commit): Commit },
  cast: ValidityCast = { right: everybody, observers: everybody },
): readonly string[] {
  const [node] = nodes
  assert.ok(node !== undefined)
  const checker = createValidityChecker(testMembership(4), cast)
  for (const mark of marks) checker.marked(change.mark?.(mark) ?? mark)
  for (const commit of node.commits) checker.decided(node, change.commit?.(commit) ?? commit)
  assert.equal(checker.frames > 0, cast.observers.size > 0)
  return checker.problems().map(({ message }) => message)
}

function withRegion(commit: Commit, lo: bigint, hi: bigint): Commit {
  const { block } = commit
  const frames = block.outcome.frames.map((frame) => {
    const { region } = frame
    return region === undefined ? frame : { ...frame, region: { ...region, lo: region.lo + lo, hi: region.hi + hi } }
  })
  return { ...commit, block: { ...block, outcome: { ...block.outcome, frames } } }
}

test('regions of right clocks contain the truth, inside the honest hull', () => {
  assert.deepEqual(messages({}), [])
})

test('a truth outside of a region is seen, in the frame of an observer and of nobody else', () => {
  const mark = (one: TrueMark): TrueMark => (one.member === 2 ? { ...one, truthNs: one.truthNs + 10_000_000n } : one)
  const found = messages({ mark })
  assert.ok(found.length > 0 && found.every((message) => message.includes('frame of node 2')), found.join('\n'))
  assert.ok(found.some((message) => /the region misses the truth by \d+ ns/.test(message)))
  assert.ok(found.some((message) => /the correction is \d+ ns off/.test(message)))
  assert.deepEqual(messages({ mark }, { right: everybody, observers: new Set([0, 1, 3]) }), [])
  assert.deepEqual(messages({ mark }, { right: everybody, observers: new Set() }), [])
})

test('a region that reaches out of the hull of honest intervals is seen', () => {
  const found = messages({ commit: (commit) => withRegion(commit, -10_000_000n, 0n) })
  assert.ok(found.length > 0 && found.every((message) => message.includes('outside of the honest hull')))
})

test('the region that an unlisted member computes alone is held against the truth as well', () => {
  const unlisted = (commit: Commit): Commit => {
    const { block } = commit
    const frames = block.outcome.frames.filter(({ member }) => member !== 0)
    const list = block.list.filter(({ member }) => member !== 0)
    return { ...commit, block: { ...block, list, outcome: { ...block.outcome, frames } } }
  }
  assert.deepEqual(messages({ commit: unlisted }), [])
  const mark = (one: TrueMark): TrueMark => (one.member === 0 ? { ...one, truthNs: one.truthNs + 10_000_000n } : one)
  const found = messages({ commit: unlisted, mark })
  assert.ok(found.length > 0 && found.every((message) => message.includes('the region that node 0 computes misses')))
})
