import { toHex } from '../core/bytes.ts'
import { decode } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import type { Membership } from './membership.ts'
import type { Verify } from './quorum-certificate.ts'
import { firstSession, type Session } from './session.ts'
import { encodeSessionStep, sessionStepCodec, type VerifiedStep, verifySessionStep } from './session-step.ts'

/** All sessions of a cluster up to the present one, each from the one before it, the first from the genesis. */
export interface SessionChain {
  readonly sessions: readonly Session[]
  readonly present: Session
  /** The steps between them as they travel, oldest first. */
  readonly steps: readonly Uint8Array[]
  /** Takes the step that ends the present session. */
  append(verified: VerifiedStep): void
  /** How the session of this membership has ended; undefined for the present one and for one that is not known. */
  stepAfter(membershipHash: Uint8Array): Uint8Array | undefined
}

export function createSessionChain(genesis: Membership): SessionChain {
  const first = firstSession(genesis)
  const sessions: Session[] = [first]
  const steps: Uint8Array[] = []
  const indices = new Map([[toHex(first.hash), 0]])
  let present = first
  return {
    sessions,
    get present() {
      return present
    },
    steps,
    append: ({ step, next }) => {
      indices.set(toHex(next.hash), sessions.length)
      sessions.push(next)
      steps.push(encodeSessionStep(step))
      present = next
    },
    stepAfter: (membershipHash) => {
      const index = indices.get(toHex(membershipHash))
      return index === undefined ? undefined : steps[index]
    },
  }
}

/** The session in which a block of this height was decided. */
export function sessionOfHeight({ sessions }: SessionChain, height: number): Session | undefined {
  return sessions.findLast(({ root }) => root.height < height)
}

/**
 * Verifies encoded steps one after the other, from the genesis on: offline, with nothing else. Faults: those of
 * `verifySessionStep`, each with the number of its step.
 */
export async function verifySessionChain(
  genesis: Membership,
  steps: readonly Uint8Array[],
  verify: Verify,
): Promise<Result<SessionChain>> {
  const chain = createSessionChain(genesis)
  for (const [index, bytes] of steps.entries()) {
    const step = decode(sessionStepCodec, bytes, `sessions[${index}]`)
    if (!step.ok) return step
    const verified = await verifySessionStep(step.value, chain.present, verify)
    if (!verified.ok) return fail(verified.fault.code, `sessions[${index}]: ${verified.fault.message}`)
    chain.append(verified.value)
  }
  return ok(chain)
}
