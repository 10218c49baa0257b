import type { Membership } from '../consensus/membership.ts'
import { type ClusterIdentity, openEnvelope, type SignedMessage } from '../consensus/messages.ts'
import { decodeWireMessage, encodeWireMessage } from '../consensus/wire-message.ts'
import type { Verifier } from '../crypto/signature.ts'
import type { Refusal } from '../transport/link.ts'
import { readHello } from './hello.ts'

export interface Greeting {
  readonly self: number
  readonly membership: Membership
  readonly cluster: ClusterIdentity
  readonly verifier: Verifier
  /** How the session of another membership has ended, when that is known here. */
  stepAfter(membershipHash: Uint8Array): Uint8Array | undefined
  ownHello(): Uint8Array
  heard(message: SignedMessage<'hello'>): void
  /** A frame that shows how the present session has ended, not verified yet. */
  shown(frame: Uint8Array): void
}

/**
 * Judges the first frames of a connection. A peer that still speaks in an older session is shown how that has ended. One
 * whose membership is not known here may be further: it is shown the own Hello once, by whoever was dialled, and if it is
 * further it shows the end of the own session in return. So two members in different sessions find each other, whoever
 * dials; and two that have nothing to tell each other part as ever.
 */
export function greet(peer: number, bytes: Uint8Array, greeting: Greeting): Refusal | undefined {
  const { self, membership, cluster, verifier } = greeting
  const read = readHello(bytes, peer, membership, cluster, verifier)
  if (read.ok) {
    greeting.heard(read.value)
    return undefined
  }
  const opened = openEnvelope(bytes)
  if (!opened.ok) return takeStep(bytes, read.fault, greeting)
  const { header } = opened.value
  if (read.fault.code !== 'message.membership' || header.type !== 'hello') return read.fault
  const step = greeting.stepAfter(header.membershipHash)
  if (step !== undefined) {
    const answer = encodeWireMessage({ kind: 'session-step', value: step })
    return {
      code: 'session.older',
      message: `expected a Hello of session ${membership.session}, got an older one`,
      answer,
    }
  }
  return peer < self ? { ...read.fault, answer: greeting.ownHello() } : read.fault
}

function takeStep(bytes: Uint8Array, fault: Refusal, { shown }: Greeting): Refusal {
  const message = decodeWireMessage(bytes)
  if (!message.ok || message.value.kind !== 'session-step') return fault
  shown(bytes)
  return { code: 'session.newer', message: 'expected a Hello, got how the present session has ended' }
}
