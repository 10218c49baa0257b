import type { Block } from '../../../src/consensus/block.ts'
import { leaderOf, membershipHash, quorumOf } from '../../../src/consensus/membership.ts'
import { DOMAIN_CHARACTERS_MAX, type Proposal, SOURCES_MAX } from '../../../src/consensus/proposal.ts'
import type { Outgoing } from '../../../src/consensus/replica/types.ts'
import { type Adversary, type Liar, onOwn, randomBytes, say } from './liar.ts'

const VIEWS_AHEAD = 20

/** Views between one hoard and the next: they overlap. */
const VIEWS_BETWEEN = 6

/**
 * Signs the largest messages that there are, for every view and epoch that anybody may keep: blocks full of names that
 * nobody gave, votes for blocks that nobody made, proposals with all the sources and links that fit. At most: the others
 * keep two blocks for each view that it leads, and a vote of each kind and two proposals of it for each view and epoch.
 */
export const hoarder: Adversary = {
  play: (liar) => ({
    say: (outgoing) =>
      onOwn(liar, outgoing, 'notarize', ({ body }) =>
        body.view % VIEWS_BETWEEN === 1 ? [outgoing, ...hoard(liar, body.view)] : [outgoing],
      ),
    read: (_epoch, honest) => ({ ...honest, sources: manySources(liar.id) }),
  }),
}

/** As many sources as a proposal may name, each with the longest names that there are, in a domain of its own. */
export function manySources(id: number): Proposal['sources'] {
  return Array.from({ length: SOURCES_MAX }, (_, index) => ({
    name: `source ${String(index).padStart(57, '0')}`,
    class: 'ptp' as const,
    domain: `domain ${id} ${String(index).padStart(DOMAIN_CHARACTERS_MAX - 8 - String(id).length, '0')}`,
    state: 'selected' as const,
    offsetNs: 2n ** 62n,
  }))
}

function hoard(liar: Liar, present: number): readonly Outgoing[] {
  const { membership, prng } = liar
  const quorum = quorumOf(membership.members.length)
  const model = [...liar.blocks.values()].at(-1)
  return Array.from({ length: VIEWS_AHEAD }, (_, ahead) => present + 1 + ahead).flatMap((view) => {
    const votes = [
      say(liar, 'all', 'notarize', { view, hash: randomBytes(prng, 48) }),
      say(liar, 'all', 'nullify', { view }),
    ]
    if (model === undefined || leaderOf(view, quorum, membershipHash(membership)) !== liar.id) return votes
    return [...votes, say(liar, 'all', 'block', enlarged(model, view))]
  })
}

function enlarged(block: Block, view: number): Block {
  const domains = Array.from({ length: 700 }, (_, index) => ({
    domain: `${String(index).padStart(64, '0')}@${'s'.repeat(64)}`,
    survives: true,
  }))
  return { ...block, view, outcome: { ...block.outcome, domains } }
}
