import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CRYPTO, contextOf, recordBytes } from '../../test/support/attestation-records.ts'
import { unwrap } from '../../test/support/results.ts'
import { judgeRecord } from './judge.ts'
import { decodeKnownNode, encodeKnownNode } from './known-node.ts'

test('what is remembered of a node is the same after a restart, and its next record follows it', () => {
  const bytes = recordBytes()
  const { seen } = judgeRecord({ record: bytes, eventLog: undefined }, contextOf(bytes), CRYPTO)
  assert.ok(seen)
  const known = unwrap(decodeKnownNode(encodeKnownNode(seen)))
  assert.deepEqual(known, seen)
  const again = judgeRecord({ record: bytes, eventLog: undefined }, contextOf(bytes, { known }), CRYPTO)
  assert.equal(again.verdict, 'verified')
  assert.deepEqual(unwrap(decodeKnownNode(encodeKnownNode({ ...seen, height: undefined }))).height, undefined)
})
