import { toHex } from '../../core/bytes.ts'
import { contradictionOf, type Evidence } from '../evidence.ts'
import { contentDigest, type SignedMessage } from '../messages.ts'

/** A proposal with what the list of a block says of it. */
export interface PooledProposal {
  readonly member: number
  readonly digest: Uint8Array
  readonly message: SignedMessage<'proposal'>
}

/** Epochs kept before and after the present one. */
const EPOCHS_BEHIND = 4
const EPOCHS_AHEAD = 4
/** A correct member makes one proposal an epoch; a second is evidence. More are kept only when a block lists them. */
const PER_MEMBER_MAX = 2

/** Verified proposals of the last few epochs, by epoch and member and by digest. */
export interface ProposalPool {
  readonly size: number
  /**
   * Keeps a proposal; returns evidence when it is its sender's second one for the epoch. `isListed`: a block of the
   * present view names this very digest. A liar tells every leader another one, and all of them must be judged.
   */
  add(message: SignedMessage<'proposal'>, isListed: (digest: Uint8Array) => boolean): Evidence | undefined
  /** The first proposal of every member for an epoch, sorted by member. */
  firstOf(epoch: number): readonly PooledProposal[]
  byDigest(digest: Uint8Array): PooledProposal | undefined
  /** Moves the window of epochs that are kept; also back, when a clock had been wrong. */
  moveTo(epoch: number): void
}

interface EpochProposals {
  /** In the order in which they came. */
  readonly all: PooledProposal[]
  /** The first of every member, sorted by member: a leader that waits for all of them asks at every step. */
  readonly firsts: readonly PooledProposal[]
}

export function createProposalPool(): ProposalPool {
  const epochs = new Map<number, EpochProposals>()
  const digests = new Map<string, PooledProposal>()
  let centre = 0
  const isKept = (epoch: number): boolean => epoch >= centre - EPOCHS_BEHIND && epoch <= centre + EPOCHS_AHEAD
  return {
    get size() {
      return digests.size
    },
    add: (message, isListed) => {
      const { epoch } = message.body
      if (!isKept(epoch)) return undefined
      const digest = contentDigest(message)
      if (digests.has(toHex(digest))) return undefined
      const pooled: PooledProposal = { member: message.header.sender, digest, message }
      const { all, firsts } = epochs.get(epoch) ?? { all: [], firsts: [] }
      const earlier = all.filter((other) => other.member === pooled.member)
      if (earlier.length >= PER_MEMBER_MAX && !isListed(digest)) return undefined
      const [first, second] = earlier
      all.push(pooled)
      epochs.set(epoch, { all, firsts: first === undefined ? sortedByMember([...firsts, pooled]) : firsts })
      digests.set(toHex(digest), pooled)
      return first === undefined || second !== undefined
        ? undefined
        : contradictionOf('conflicting-proposal', epoch, first.message, message)
    },
    firstOf: (epoch) => epochs.get(epoch)?.firsts ?? [],
    byDigest: (digest) => digests.get(toHex(digest)),
    moveTo: (epoch) => {
      if (epoch === centre) return
      centre = epoch
      for (const [known, { all }] of epochs) {
        if (isKept(known)) continue
        for (const pooled of all) digests.delete(toHex(pooled.digest))
        epochs.delete(known)
      }
    },
  }
}

function sortedByMember(proposals: PooledProposal[]): readonly PooledProposal[] {
  return proposals.sort((a, b) => a.member - b.member)
}
