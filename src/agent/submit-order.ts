import type { Membership } from '../consensus/membership.ts'
import type { Verify } from '../consensus/quorum-certificate.ts'
import type { Input } from '../consensus/replica/types.ts'
import { ok, type Result } from '../core/fault.ts'
import { admitOrder } from './inbound.ts'

export interface OrderTaker {
  readonly membership: Membership
  readonly self: number
  readonly verify: Verify
  take(input: Input): void
}

/**
 * Takes an encoded membership order from an operator, as if this member had made it: its replica shows it to all others.
 * Faults: what a peer's order would be refused for, `encoding.*` and `order.*`.
 */
export async function submitOrder(
  bytes: Uint8Array,
  { membership, self, verify, take }: OrderTaker,
): Promise<Result<void>> {
  const admitted = await admitOrder({ membership, verify }, self, bytes)
  if (!admitted.ok) return admitted
  take(admitted.value)
  return ok(undefined)
}
