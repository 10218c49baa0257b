import { toHex } from '../../core/bytes.ts'
import type { EvidenceEntry } from '../evidence-entry.ts'

/** A proof as it travels, with what a block says of it. */
export interface HeldEvidence {
  readonly entry: EvidenceEntry
  readonly bytes: Uint8Array
}

/**
 * Proofs of lies, at most two for each member: the first that came, which this member lists when it leads, and one more
 * that another leader lists, which must be here to vote for it. More would say nothing more.
 */
export interface EvidencePool {
  readonly size: number
  /** Keeps the first proof against a member. Returns whether this is it. */
  addFirst(held: HeldEvidence): boolean
  /** Keeps a proof that a block lists, in the place of the one that an earlier block listed of that member. */
  addListed(held: HeldEvidence): void
  of(member: number): HeldEvidence | undefined
  byDigest(digest: Uint8Array): HeldEvidence | undefined
  /** The first proof against each member, sorted by member. */
  entries(): readonly EvidenceEntry[]
}

export function createEvidencePool(): EvidencePool {
  const firsts = new Map<number, HeldEvidence>()
  const listed = new Map<number, HeldEvidence>()
  return {
    get size() {
      return firsts.size + listed.size
    },
    addFirst: (held) => {
      const { member } = held.entry
      if (firsts.has(member)) return false
      firsts.set(member, held)
      return true
    },
    addListed: (held) => listed.set(held.entry.member, held),
    of: (member) => firsts.get(member),
    byDigest: (digest) => {
      const wanted = toHex(digest)
      return [...firsts.values(), ...listed.values()].find(({ entry }) => toHex(entry.digest) === wanted)
    },
    entries: () => [...firsts.values()].map(({ entry }) => entry).sort((a, b) => a.member - b.member),
  }
}
