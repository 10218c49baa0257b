import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplicaStatus } from '../../../src/consensus/replica.ts'
import { findHoard } from './memory.ts'

const LEAN: ReplicaStatus = {
  view: 10,
  leader: 0,
  finalizedView: 9,
  finalizedEpoch: 9,
  deltaNs: 50_000_000n,
  convicted: [],
  backfill: { done: 0, of: 0 },
  kept: { views: 2, blocks: 40, proposals: 20, gaps: 0, proofs: 0 },
}

test('what a replica may keep grows with open views, and with nothing else', () => {
  assert.deepEqual(findHoard(0, 4, LEAN), [])
  for (const kept of [{ views: 20 }, { blocks: 200 }, { proposals: 73 }, { gaps: 9 }, { proofs: 9 }]) {
    const [what = ''] = Object.keys(kept)
    const [problem] = findHoard(3, 4, { ...LEAN, kept: { ...LEAN.kept, ...kept } })
    assert.equal(problem?.violation, 'memoryViolations')
    assert.match(
      problem?.message ?? '',
      new RegExp(`^node 3 keeps \\d+ ${what}, expected at most \\d+ in 1 open views`),
    )
  }
  assert.deepEqual(findHoard(0, 4, { ...LEAN, view: 20, kept: { ...LEAN.kept, views: 20 } }), [])
})
