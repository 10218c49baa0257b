import type { Configuration } from '../config/schema.ts'
import type { Session } from '../consensus/session.ts'
import type { SessionChain } from '../consensus/session-chain.ts'
import type { Fault, Result } from '../core/fault.ts'
import { fail, ok } from '../core/fault.ts'
import { type Identity, identityIn } from './identity.ts'
import type { Keys } from './keys/load-keys.ts'

/** A session, and which of its members this appliance is. */
export interface OwnSession {
  readonly session: Session
  readonly identity: Identity
}

/**
 * The newest session in which the configured keys are those of a member: the present one, or, of an appliance that has been
 * removed, its last, which its journal says is over. Faults: those of `identityIn` about the present one.
 */
export function findOwnSession({ node }: Configuration, { sessions }: SessionChain, keys: Keys): Result<OwnSession> {
  let fault: Fault | undefined
  for (const session of sessions.toReversed()) {
    const identity = identityIn(session.membership, node.name, keys)
    if (identity.ok) return ok({ session, identity: identity.value })
    fault ??= identity.fault
  }
  return fail(fault?.code ?? 'identity.name', fault?.message ?? 'expected a session, got none')
}
