import { changedMembership } from '../../agent/orders/apply-changes.ts'
import { readChain, writeOrder } from '../../agent/orders/order-file.ts'
import { membershipCodec, membershipHash } from '../../consensus/membership.ts'
import { checkOrder, type MembershipOrder } from '../../consensus/membership-order.ts'
import { encode } from '../../core/encoding.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { type ShowOptions, sayOrder } from './say-order.ts'

export interface ProposeOptions extends ShowOptions {
  readonly out: string
}

/** Makes the order that a file of changes means, with no signature yet. Faults: those of all that is read, `order.*`. */
export async function propose(changes: string, options: ProposeOptions): Promise<Result<void>> {
  const chain = await readChain(options)
  if (!chain.ok) return chain
  const { membership } = chain.value.present
  if (membership.operators.length === 0) {
    const { cluster } = membership
    return fail('order.no-operators', `order: expected a cluster with operators, got "${cluster}" without any`)
  }
  const next = changedMembership(changes, membership)
  if (!next.ok) return next
  const order: MembershipOrder = {
    format: 'quorumtime-membership-1',
    previous: membershipHash(membership),
    next: encode(membershipCodec, next.value),
    signatures: [],
  }
  const checked = checkOrder(order, membership)
  if (!checked.ok) return fail(checked.fault.code, `${changes}: ${checked.fault.message}`)
  const written = writeOrder(options.out, order)
  if (!written.ok) return written
  sayOrder({ file: options.out, order, present: membership, next: next.value, signed: [], json: options.json === true })
  return ok(undefined)
}
