import { blockHash } from '../../../src/consensus/block.ts'
import type { VoteType } from '../../../src/consensus/quorum-certificate.ts'
import type { Input } from '../../../src/consensus/replica/types.ts'
import { toHex } from '../../../src/core/bytes.ts'

/** Whoever signed two words that no correct member signs, by every vote that reached honest members. */
export interface VoteWitness {
  /** What the gate of an honest member let in: its signatures have been verified. */
  admitted(input: Input): void
  culprits(): ReadonlySet<number>
}

/** What one member voted for in one view: hashes of blocks. */
interface Votes {
  readonly notarize: Set<string>
  readonly nullify: Set<string>
  readonly finalize: Set<string>
}

/** Remembers everything, so it is for the replay of a run that has forked. */
export function createVoteWitness(): VoteWitness {
  const bySender = new Map<string, Votes>()
  const note = (sender: number, view: number, type: VoteType, hash: Uint8Array | undefined): void => {
    const key = `${sender} ${view}`
    const votes = bySender.get(key) ?? { notarize: new Set(), nullify: new Set(), finalize: new Set() }
    votes[type].add(hash === undefined ? '' : toHex(hash))
    bySender.set(key, votes)
  }
  return {
    admitted: (input) => {
      if (input.type === 'quorum') {
        const { type, view, hash, votes } = input.certificate
        for (const { sender } of votes) note(sender, view, type, hash)
      } else if (input.type === 'final') {
        const { block, votes } = input
        for (const { sender } of votes) note(sender, block.view, 'finalize', blockHash(block))
      } else if (input.type === 'signed') {
        const { type, header, body } = input.message
        if (type === 'nullify') note(header.sender, body.view, type, undefined)
        if (type === 'notarize' || type === 'finalize') note(header.sender, body.view, type, body.hash)
      }
    },
    culprits: () => {
      const named = [...bySender].flatMap(([key, { notarize, nullify, finalize }]) => {
        const guilty = notarize.size > 1 || finalize.size > 1 || (nullify.size > 0 && finalize.size > 0)
        return guilty ? [Number(key.split(' ')[0])] : []
      })
      return new Set(named)
    },
  }
}
