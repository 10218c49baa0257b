import {
  type Membership,
  membershipCodec,
  membershipHash,
  type Operator,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
} from '../../src/consensus/membership.ts'
import { type MembershipOrder, ORDER_CONTEXT, orderContent } from '../../src/consensus/membership-order.ts'
import { encode } from '../../src/core/encoding.ts'
import { keyedHash } from './keyed-hash.ts'

/** Orders whose signatures are the keyed hash of the replica cluster. */

/** Operators `operator0` …; their keys are also the secrets of the keyed hash. */
export function testOperators(count: number): readonly Operator[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `operator${index}`,
    signingKey: new Uint8Array(PUBLIC_KEY_BYTES).fill(200 + index),
  }))
}

/** The membership after `present` with these changes; members get the ids of their positions. */
export function nextMembership(present: Membership, changes: Partial<Membership>): Membership {
  const members = (changes.members ?? present.members).map((member, id) => ({ ...member, id }))
  return { ...present, ...changes, members, session: present.session + 1, previous: membershipHash(present) }
}

/** An order for `next`, signed by the operators of `present` with these indices. */
export function testOrder(present: Membership, next: Membership, signers: readonly number[]): MembershipOrder {
  const unsigned: MembershipOrder = {
    format: 'quorumtime-membership-1',
    previous: membershipHash(present),
    next: encode(membershipCodec, next),
    signatures: [],
  }
  const content = orderContent(present.cluster, unsigned)
  const signatures = signers.map((operator) => {
    const signature = new Uint8Array(SIGNATURE_BYTES)
    signature.set(keyedHash(present.operators[operator]?.signingKey ?? new Uint8Array(), ORDER_CONTEXT, content))
    return { operator, signature }
  })
  return { ...unsigned, signatures }
}
