import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { applyChanges } from '../../src/agent/orders/apply-changes.ts'
import { readChain, readOrder } from '../../src/agent/orders/order-file.ts'
import { unsignedOrder } from '../../src/agent/orders/unsigned-order.ts'
import type { MembershipChanges } from '../../src/config/membership-changes.ts'
import type { Membership } from '../../src/consensus/membership.ts'
import { membershipOrderCodec, orderDigest } from '../../src/consensus/membership-order.ts'
import { equalBytes, toHex } from '../../src/core/bytes.ts'
import { encode } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { Task } from '../run-tasks.ts'
import { keepStep, newFileStep } from '../step.ts'

/** What leads from the present membership to the next: an order for the operators to sign. */
export interface DrawnOrder {
  readonly task: Task
  readonly present: Membership
  readonly next: Membership
  readonly digest: string
}

/** What `quorumtime membership export` has written, every signature in it checked; the present membership. */
export async function readPresent(bundle: string): Promise<Result<Membership>> {
  const sessions = join(bundle, 'sessions.cbor')
  const trusted = { genesis: join(bundle, 'genesis.cbor'), ...(existsSync(sessions) ? { sessions } : {}) }
  const chain = await readChain(trusted)
  return chain.ok ? ok(chain.value.present.membership) : chain
}

/**
 * The order that carries out these changes. One that is there already is kept, with the signatures that it has. Only looks.
 * Faults: those of changes and orders, `member.other-order`.
 */
export function drawOrder(path: string, present: Membership, changes: Partial<MembershipChanges>): Result<DrawnOrder> {
  const next = applyChanges({ remove: [], replaceKey: [], add: [], ...changes }, present, '.')
  if (!next.ok) return next
  const order = unsignedOrder(present, next.value)
  if (!order.ok) return order
  const digest = orderDigest(present.cluster, order.value)
  const drawn = {
    present,
    next: next.value,
    digest: toHex(digest),
  }
  const what = 'order for the operators to sign'
  if (!existsSync(path)) {
    return ok({ ...drawn, task: newFileStep(path, encode(membershipOrderCodec, order.value), 0o644, what) })
  }
  const kept = readOrder(path, present)
  if (kept.ok && equalBytes(orderDigest(present.cluster, kept.value.order), digest)) {
    return ok({ ...drawn, task: keepStep(path, what) })
  }
  return fail(
    'member.other-order',
    `${path}: expected no file, or the order ${toHex(digest).slice(0, 12)}…, got another`,
  )
}
