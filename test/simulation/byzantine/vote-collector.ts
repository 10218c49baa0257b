import { quorumOf } from '../../../src/consensus/membership.ts'
import { compactVote, type SignedMessage } from '../../../src/consensus/messages.ts'
import type { QuorumCertificate, VoteType } from '../../../src/consensus/quorum-certificate.ts'
import { toHex } from '../../../src/core/bytes.ts'
import type { Liar } from './liar.ts'

const VIEWS_KEPT = 16

type Vote = SignedMessage<VoteType>

/** The votes of everybody, as they are sent, and the certificates that only whoever kept its own vote can make of them. */
export interface VoteCollector {
  /** Takes a vote, own or not; returns the certificate that it completes. */
  add(vote: Vote): QuorumCertificate | undefined
}

export function createVoteCollector({ membership }: Pick<Liar, 'membership'>): VoteCollector {
  const { q } = quorumOf(membership.members.length)
  const views = new Map<number, Map<string, Vote[]>>()
  return {
    add: (vote) => {
      const { view } = vote.body
      const hash = vote.type === 'nullify' ? undefined : vote.body.hash
      const ballots = views.get(view) ?? new Map<string, Vote[]>()
      views.set(view, ballots)
      for (const known of views.keys()) if (known <= view - VIEWS_KEPT) views.delete(known)
      const what = `${vote.type} ${hash === undefined ? '' : toHex(hash)}`
      const votes = ballots.get(what) ?? []
      ballots.set(what, votes)
      if (votes.some(({ header }) => header.sender === vote.header.sender)) return undefined
      votes.push(vote)
      if (votes.length !== q) return undefined
      const sorted = votes.map(compactVote).sort((a, b) => a.sender - b.sender)
      return { type: vote.type, view, hash, votes: sorted }
    },
  }
}

export function isVote(message: SignedMessage | undefined): message is Vote {
  return message?.type === 'notarize' || message?.type === 'nullify' || message?.type === 'finalize'
}
