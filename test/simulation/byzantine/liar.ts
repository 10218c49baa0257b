import type { Block } from '../../../src/consensus/block.ts'
import type { EvidenceKind } from '../../../src/consensus/evidence-entry.ts'
import { type Membership, membershipHash } from '../../../src/consensus/membership.ts'
import {
  type BodyOf,
  decodeEnvelope,
  encodeContent,
  encodeEnvelope,
  type Header,
  type MessageType,
  type SignedMessage,
} from '../../../src/consensus/messages.ts'
import type { RangingEntry } from '../../../src/consensus/proposal.ts'
import type { Measurement, Outgoing } from '../../../src/consensus/replica/types.ts'
import type { Replica } from '../../../src/consensus/replica.ts'
import type { WireMessage } from '../../../src/consensus/wire-message.ts'
import type { Prng } from '../../../src/core/prng.ts'
import { plus } from '../../../src/core/time.ts'
import { chance } from '../../support/chance.ts'

/**
 * What a liar knows: its own replica, which runs as it should, and everything that it hears. Its signatures are right;
 * what it signs is not.
 */
export interface Liar {
  readonly id: number
  readonly membership: Membership
  readonly prng: Prng
  replica(): Replica
  /** Signs as this member. */
  sign(type: MessageType, content: Uint8Array): Uint8Array
  /** The newest frames that it got. */
  readonly heard: readonly WireMessage[]
  /** Blocks that it made or got, by the hexadecimal digits of their hash. */
  readonly blocks: ReadonlyMap<string, Block>
  /** Sends at once, beside what it says in the place of others' words. */
  send(outgoing: Outgoing): void
  /** Does something later, if the run lasts so long. */
  later(durationNs: bigint, act: () => void): void
}

/** What a liar sends in the place of one thing that a correct member would send. */
export type Lie = (liar: Liar, outgoing: Outgoing) => readonly Outgoing[]

/** One member's part in a run, with what it remembers of it. What it leaves out it does as a correct member does. */
export interface Part {
  say?(outgoing: Outgoing): readonly Outgoing[]
  /** What it says that its hardware read, in the place of what it did read. */
  read?(epoch: number, honest: Measurement): Measurement
  /** What another member measures when it ranges this one. The uncertainty is that member's own word: it can only grow. */
  answer?(asker: number, epoch: number, honest: RangingEntry): RangingEntry
  /** Whatever correct members send, at the moment when they send it, whether to this one or not. */
  witness?(from: number, outgoing: Outgoing): void
}

/** A way to lie: one file each. The docstring of each says what it may achieve at most. */
export interface Adversary {
  play(liar: Liar): Part
  /** It contradicts itself under its signature: the one kind of proof that everybody gets, against it and nobody else. */
  readonly proves?: EvidenceKind
}

/** An adversary that remembers nothing. */
export function saying(lie: Lie): Adversary['play'] {
  return (liar) => ({ say: (outgoing) => lie(liar, outgoing) })
}

/** The liar's own message in `outgoing`; undefined for what it only passes on, and for unsigned frames. */
export function ownMessage(liar: Liar, { message }: Outgoing): SignedMessage | undefined {
  if (message.kind !== 'signed') return undefined
  const decoded = decodeEnvelope(message.value)
  return decoded.ok && decoded.value.header.sender === liar.id ? decoded.value : undefined
}

/** The signed message in a frame, whoever made it. */
export function heardMessage(message: WireMessage): SignedMessage | undefined {
  const decoded = message.kind === 'signed' ? decodeEnvelope(message.value) : undefined
  return decoded?.ok === true ? decoded.value : undefined
}

/** The same measurement with the node clock somewhere else, and another bound. */
export function shifted(honest: Measurement, byNs: bigint, boundNs = honest.nodeClock?.boundNs ?? 0n): Measurement {
  const { nodeClock } = honest
  return { ...honest, nodeClock: nodeClock && { taiNs: plus(nodeClock.taiNs, byNs), boundNs } }
}

/** Lies about one type of its own messages; all else stays as it is. */
export function onOwn<T extends MessageType>(
  liar: Liar,
  outgoing: Outgoing,
  type: T,
  lie: (message: SignedMessage<T>) => readonly Outgoing[],
): readonly Outgoing[] {
  const message = ownMessage(liar, outgoing)
  return message?.type === type ? lie(message as SignedMessage<T>) : [outgoing]
}

/** Signs anything at all. */
export function say<T extends MessageType>(liar: Liar, to: number | 'all', type: T, body: BodyOf[T]): Outgoing {
  return sayAs(liar, to, type, body, {})
}

/** Signs anything at all under a header with changes. */
export function sayAs<T extends MessageType>(
  liar: Liar,
  to: number | 'all',
  type: T,
  body: BodyOf[T],
  changes: Partial<Header>,
): Outgoing {
  const { membership, id, sign } = liar
  const header = {
    cluster: membership.cluster,
    membershipHash: membershipHash(membership),
    sender: id,
    bootCount: 1,
    attestationDigest: undefined,
    ...changes,
    type,
  }
  const content = encodeContent(header, body)
  return { to, message: { kind: 'signed', value: encodeEnvelope({ content, signature: sign(type, content) }) } }
}

export function others({ id, membership }: Liar): readonly number[] {
  return membership.members.map((member) => member.id).filter((other) => other !== id)
}

export function toAll(...messages: readonly WireMessage[]): readonly Outgoing[] {
  return messages.map((message) => ({ to: 'all', message }))
}

export function shuffledPair({ prng }: Liar, a: Outgoing, b: Outgoing): readonly Outgoing[] {
  return chance(prng, 0.5) ? [a, b] : [b, a]
}

export function randomBytes(prng: Prng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => prng.nextBelow(256))
}
