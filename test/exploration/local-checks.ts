import { decodeEnvelope, type SignedMessage } from '../../src/consensus/messages.ts'
import { type QuorumCertificate, quorumCertificateCodec } from '../../src/consensus/quorum-certificate.ts'
import type { Effects } from '../../src/consensus/replica/types.ts'
import { decode } from '../../src/core/encoding.ts'
import type { VirtualJournal } from '../support/virtual-journal.ts'
import { QUORUM } from './bounds.ts'
import { NO_BLOCK, type Said } from './delivery.ts'
import type { Universe } from './universe.ts'

/** What one member's effects alone show to be wrong. */
export function checkEffects(
  universe: Universe,
  { self, journal }: { readonly self: number; readonly journal: VirtualJournal },
  effects: Effects,
): readonly string[] {
  const problems: string[] = []
  for (const { kind, member, number } of effects.evidence) {
    if (member !== universe.liar) problems.push(`n${self} convicts the honest n${member}: ${kind} ${number}`)
  }
  for (const { message } of effects.send) {
    if (message.kind === 'signed' && isOwn(message.value, self) && !journal.holds(message.value)) {
      problems.push(`n${self} sends what is not in its journal`)
    }
    if (message.kind === 'quorum') problems.push(...checkQuorum(self, message.value))
  }
  for (const { kind, bytes } of effects.persist) {
    if (kind !== 'notarization' && kind !== 'nullification') continue
    const decoded = decode(quorumCertificateCodec, bytes, 'journal')
    problems.push(...(decoded.ok ? checkQuorum(self, decoded.value) : [`n${self} journals a broken ${kind}`]))
  }
  for (const { block, votes } of effects.commit) {
    if (votes !== undefined) problems.push(...checkQuorum(self, { type: 'finalize', view: block.view, votes }))
  }
  const [contradiction] = journal.contradictions
  if (contradiction !== undefined) problems.push(`n${self} journals ${contradiction}`)
  return problems
}

function checkQuorum(
  self: number,
  { type, view, votes }: Pick<QuorumCertificate, 'type' | 'view' | 'votes'>,
): string[] {
  const signers = new Set(votes.map(({ sender }) => sender))
  if (signers.size >= QUORUM && signers.size === votes.length) return []
  return [`n${self} holds a ${type} certificate of view ${view} with ${signers.size} signers, expected ${QUORUM}`]
}

function isOwn(envelope: Uint8Array, self: number): boolean {
  const decoded = decodeEnvelope(envelope)
  return decoded.ok && decoded.value.header.sender === self
}

/** What the member says to all in the explored views. Blocks become known by it. */
export function ownMessages(universe: Universe, self: number, effects: Effects): readonly Said[] {
  const said: Said[] = []
  for (const { message } of effects.send) {
    if (message.kind !== 'signed') continue
    const decoded = decodeEnvelope(message.value)
    if (!decoded.ok || decoded.value.header.sender !== self) continue
    const { value } = decoded
    if (value.type === 'hello' || value.type === 'proposal' || value.body.view > universe.bounds.views) continue
    said.push(saidOf(universe, value))
  }
  return said
}

function saidOf(universe: Universe, message: SignedMessage<'block' | 'notarize' | 'nullify' | 'finalize'>): Said {
  const { type } = message
  if (type === 'block') return { type, view: message.body.view, label: universe.learn(message) }
  if (type === 'nullify') return { type, view: message.body.view, label: NO_BLOCK }
  return { type, view: message.body.view, label: universe.labelOf(message.body.hash) ?? NO_BLOCK }
}

/** Two things that this member has said and that convict it, or undefined. */
export function contradictionIn(said: readonly Said[]): string | undefined {
  for (const first of said) {
    for (const second of said) {
      if (first.view !== second.view || first === second) continue
      const twice = first.type === second.type && first.type !== 'nullify' && first.label !== second.label
      if (twice) return `two ${first.type} of view ${first.view}: b${first.label}, b${second.label}`
      if (first.type === 'nullify' && second.type === 'finalize') return `nullify and finalize of view ${first.view}`
    }
  }
  return undefined
}
