import { changedMembership } from '../../agent/orders/apply-changes.ts'
import { readChain, writeOrder } from '../../agent/orders/order-file.ts'
import { unsignedOrder } from '../../agent/orders/unsigned-order.ts'
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
  const next = membership.operators.length === 0 ? ok(membership) : changedMembership(changes, membership)
  if (!next.ok) return next
  const drawn = unsignedOrder(membership, next.value)
  if (!drawn.ok) return fail(drawn.fault.code, `${changes}: ${drawn.fault.message}`)
  const order = drawn.value
  const written = writeOrder(options.out, order)
  if (!written.ok) return written
  sayOrder({ file: options.out, order, present: membership, next: next.value, signed: [], json: options.json === true })
  return ok(undefined)
}
