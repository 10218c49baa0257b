import type { Configuration } from '../config/schema.ts'
import type { Session } from '../consensus/session.ts'
import type { SessionChain } from '../consensus/session-chain.ts'
import type { Fault, Result } from '../core/fault.ts'
import { fail, ok } from '../core/fault.ts'
import { type Identity, loadIdentity } from './identity.ts'

/** A session, and which of its members this appliance is. */
export interface OwnSession {
  readonly session: Session
  readonly identity: Identity
}

/**
 * The newest session in which the configured keys are those of a member: the present one, or, of an appliance that has been
 * removed, its last, which its journal says is over. Faults: those of `loadIdentity` about the present one.
 */
export function findOwnSession(configuration: Configuration, { sessions }: SessionChain): Result<OwnSession> {
  let fault: Fault | undefined
  for (const session of sessions.toReversed()) {
    const identity = loadIdentity(configuration, session.membership)
    if (identity.ok) return ok({ session, identity: identity.value })
    fault ??= identity.fault
  }
  return fail(fault?.code ?? 'identity.name', fault?.message ?? 'expected a session, got none')
}
