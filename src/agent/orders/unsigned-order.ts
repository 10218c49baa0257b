import { type Membership, membershipCodec, membershipHash } from '../../consensus/membership.ts'
import { checkOrder, type MembershipOrder } from '../../consensus/membership-order.ts'
import { encode } from '../../core/encoding.ts'
import { fail, ok, type Result } from '../../core/fault.ts'

/** The order that makes `next` of `present`, which nobody has signed yet. Faults: `order.no-operators`, those of `checkOrder`. */
export function unsignedOrder(present: Membership, next: Membership): Result<MembershipOrder> {
  if (present.operators.length === 0) {
    const { cluster } = present
    return fail('order.no-operators', `order: expected a cluster with operators, got "${cluster}" without any`)
  }
  const order: MembershipOrder = {
    format: 'quorumtime-membership-1',
    previous: membershipHash(present),
    next: encode(membershipCodec, next),
    signatures: [],
  }
  const checked = checkOrder(order, present)
  return checked.ok ? ok(order) : checked
}
