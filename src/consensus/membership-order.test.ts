import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sampleMembership } from '../../test/support/proposals.ts'
import { testVerify } from '../../test/support/replica-cluster.ts'
import { nextMembership, testOperators, testOrder } from '../../test/support/test-orders.ts'
import { toHex } from '../core/bytes.ts'
import { decode, encode } from '../core/encoding.ts'
import { taiNs } from '../core/time.ts'
import type { Membership } from './membership.ts'
import { type MembershipOrder, membershipOrderCodec, orderDigest, verifyOrder } from './membership-order.ts'

const present = sampleMembership(4, { operators: testOperators(3), operatorThreshold: 2 })
/** Member 3 leaves. */
const next = nextMembership(present, { members: present.members.slice(0, 3) })

async function codeOf(order: MembershipOrder, under: Membership = present): Promise<string> {
  const verified = await verifyOrder(order, under, testVerify)
  return verified.ok ? 'accepted' : verified.fault.code
}

/** What becomes of an order for this next membership that all operators have signed. */
function told(changed: Membership, under: Membership = present): Promise<string> {
  return codeOf(
    testOrder(
      under,
      changed,
      under.operators.map((_, index) => index),
    ),
    under,
  )
}

describe('a membership order', () => {
  it('is accepted with the signatures of k operators or more, and gives the next membership', async () => {
    for (const signers of [
      [0, 1],
      [1, 2],
      [0, 1, 2],
    ]) {
      const verified = await verifyOrder(testOrder(present, next, signers), present, testVerify)
      assert.ok(verified.ok)
      assert.equal(verified.value.next.members.length, 3)
    }
  })

  it('is the same order whoever has signed it', () => {
    const digests = [
      [0, 1],
      [0, 2],
    ].map((signers) => toHex(orderDigest('sample', testOrder(present, next, signers))))
    assert.equal(digests[0], digests[1])
  })

  it('is refused with k - 1 signatures, with one of nobody, and with one that does not verify', async () => {
    assert.equal(await codeOf(testOrder(present, next, [1])), 'order.threshold')
    assert.equal(await codeOf(testOrder(present, next, [0, 3])), 'order.operator')
    const order = testOrder(present, next, [0, 1])
    const [first, second] = order.signatures
    assert.ok(first !== undefined && second !== undefined)
    assert.equal(await codeOf({ ...order, signatures: [first, { ...second, operator: 2 }] }), 'order.signature')
    // A third, invalid signature spoils an order that would do without it.
    assert.equal(await codeOf({ ...order, signatures: [first, second, { ...first, operator: 2 }] }), 'order.signature')
    const other = testOrder(present, nextMembership(present, { targetPrecisionNs: 2n }), [0, 1])
    assert.equal(await codeOf({ ...other, next: order.next }), 'order.signature')
  })

  it('does not decode with an operator twice or out of order', () => {
    const order = testOrder(present, next, [0, 1])
    const [first, second] = order.signatures
    assert.ok(first !== undefined && second !== undefined)
    for (const signatures of [
      [first, first],
      [second, first],
    ]) {
      const decoded = decode(membershipOrderCodec, encode(membershipOrderCodec, { ...order, signatures }), 'order')
      assert.equal(decoded.ok ? 'accepted' : decoded.fault.code, 'encoding.rule')
    }
  })

  it('is refused where no operator is named', async () => {
    const alone = sampleMembership(4)
    assert.equal(await told(nextMembership(alone, { targetPrecisionNs: 2n }), alone), 'order.no-operators')
  })

  it('is refused for another membership than the present one', async () => {
    const order = testOrder(present, next, [0, 1])
    const other = { ...present, targetPrecisionNs: 2n }
    assert.equal(await codeOf(order, other), 'order.previous')
    // Of the same members later on: a membership that has ended never comes back.
    assert.equal(await codeOf(order, nextMembership(next, { members: present.members })), 'order.previous')
  })

  it('is refused unless the next membership follows the present one', async () => {
    assert.equal(await told({ ...next, cluster: 'other' }), 'order.cluster')
    assert.equal(await told({ ...next, session: 2 }), 'order.session')
    assert.equal(await told({ ...next, previous: new Uint8Array(48) }), 'order.session')
    assert.equal(await told(nextMembership(present, {})), 'order.same')
    assert.equal(await told(nextMembership(present, { members: [] })), 'encoding.value')
  })

  it('changes the numbers of epochs only together with the era', async () => {
    assert.equal(await told(nextMembership(present, { genesisTai: taiNs(5n) })), 'order.clock')
    assert.equal(await told(nextMembership(present, { epochPeriodNs: 2_000_000_000n })), 'order.clock')
    assert.equal(await told(nextMembership(present, { era: 2, genesisTai: taiNs(5n) })), 'accepted')
    assert.equal(await told(nextMembership(present, { era: 2 })), 'accepted')
    assert.equal(await told(nextMembership(present, { era: 3 })), 'order.era')
    assert.equal(await told(nextMembership(present, { era: 0 })), 'order.era')
  })

  it('may change who may order the next change', async () => {
    assert.equal(await told(nextMembership(present, { operators: testOperators(1), operatorThreshold: 1 })), 'accepted')
    assert.equal(await told(nextMembership(present, { operators: [], operatorThreshold: 0 })), 'accepted')
  })
})
