import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership } from '../../../test/support/proposals.ts'
import { digestOf } from '../../../test/support/signed-messages.ts'
import { nextMembership, testOperators, testOrder } from '../../../test/support/test-orders.ts'
import { monoNs } from '../../core/time.ts'
import { createOrderBook, type HeldOrder } from './order-book.ts'

const present = sampleMembership(4, { operators: testOperators(1), operatorThreshold: 1 })

function held(number: number): HeldOrder {
  const next = nextMembership(present, { targetPrecisionNs: BigInt(number + 2) })
  const order = testOrder(present, next, [0])
  return { order: { order, digest: digestOf(number), next }, bytes: new Uint8Array(1), since: monoNs(0n) }
}

test('operators may sign any number of orders: the oldest are forgotten, but none that this member has voted for', () => {
  const book = createOrderBook()
  assert.equal(book.add(held(0)), true)
  assert.equal(book.add(held(0)), false)
  book.keep(digestOf(0))
  for (let number = 1; number < 20; number++) book.add(held(number))
  assert.notEqual(book.byDigest(digestOf(0)), undefined, 'its block may become final')
  assert.equal(book.byDigest(digestOf(1)), undefined)
  assert.notEqual(book.byDigest(digestOf(19)), undefined)
  assert.deepEqual(book.pending?.order.digest, digestOf(12))
})
