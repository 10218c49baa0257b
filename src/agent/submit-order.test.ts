import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testMembership, testVerify } from '../../test/support/replica-cluster.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { nextMembership, testOperators, testOrder } from '../../test/support/test-orders.ts'
import { membershipOrderCodec } from '../consensus/membership-order.ts'
import type { Input } from '../consensus/replica/types.ts'
import { encode } from '../core/encoding.ts'
import { submitOrder } from './submit-order.ts'

const membership = { ...testMembership(4), operators: testOperators(3), operatorThreshold: 2 }
const next = nextMembership(membership, { targetPrecisionNs: 7n })

function taker(): { readonly taken: Input[]; readonly to: Parameters<typeof submitOrder>[1] } {
  const taken: Input[] = []
  return { taken, to: { membership, self: 2, verify: testVerify, take: (input) => taken.push(input) } }
}

test('an order that operators have signed becomes an input from this member itself', async () => {
  const { taken, to } = taker()
  const bytes = encode(membershipOrderCodec, testOrder(membership, next, [0, 2]))
  unwrap(await submitOrder(bytes, to))
  const [input] = taken
  assert.ok(taken.length === 1 && input?.type === 'order')
  assert.deepEqual([input.from, input.order.next, input.bytes], [2, next, bytes])
})

test('an order of too few operators and bytes that are none never reach the replica', async () => {
  const { taken, to } = taker()
  const alone = encode(membershipOrderCodec, testOrder(membership, next, [1]))
  assert.match(faultOf(await submitOrder(alone, to)).code, /^order\./)
  assert.match(faultOf(await submitOrder(alone.subarray(1), to)).code, /^encoding\./)
  assert.deepEqual(taken, [])
})
