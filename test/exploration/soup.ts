import type { VoteType } from '../../src/consensus/quorum-certificate.ts'
import { LIARS, QUORUM } from './bounds.ts'
import { type Delivery, keyOf, type Label, NO_BLOCK, type Said } from './delivery.ts'
import type { Universe } from './universe.ts'

/** Something that can happen to a member at this point. */
export interface Option {
  readonly key: string
  readonly delivery: Delivery
}

/**
 * All that may reach a member: whatever honest members have ever said, and whatever the liar can make of it and of its own
 * key. Nothing is ever lost for good, nothing comes in any order.
 */
export interface Soup {
  /** By honest member, in the order of `universe.honest`. */
  readonly options: readonly (readonly Option[])[]
  /** Whether a finalization can be made of what was said. */
  readonly decides: boolean
  /** Two certificates that exclude each other and can be made of what was said. */
  readonly problem: string | undefined
}

export function makeSoup(universe: Universe, said: readonly (readonly Said[])[]): Soup {
  const can = possibilities(universe, said)
  const certificates: Delivery[] = []
  for (const { type, view, label, signers } of can.votes) {
    if (signers.length + LIARS < QUORUM) continue
    certificates.push({ kind: 'quorum', type, view, label })
    if (type === 'finalize' && can.blocks.has(label)) certificates.push({ kind: 'final', label })
  }
  const blocks = [...can.blocks].flatMap((label): Delivery[] => [
    { kind: 'block', label },
    { kind: 'bytes', label },
  ])
  const common = [...blocks, ...certificates, { kind: 'timer' } as const, { kind: 'crash' } as const].map(single)
  return {
    problem: exclusion(universe, can),
    decides: certificates.some((delivery) => delivery.kind === 'quorum' && delivery.type === 'finalize'),
    options: universe.honest.map((self) => [
      ...common,
      ...(universe.bounds.votes === 'single' ? singleVotes(universe, self, can).map(single) : []),
    ]),
  }
}

function single(delivery: Delivery): Option {
  return { key: keyOf(delivery), delivery }
}

interface Possibilities {
  /** Blocks that exist: said by an honest leader, or made by the liar on one that exists. */
  readonly blocks: ReadonlySet<Label>
  /** Everything that can be voted for in the explored views, with the honest members that have. */
  readonly votes: readonly {
    readonly type: VoteType
    readonly view: number
    readonly label: Label
    readonly signers: readonly number[]
  }[]
}

function possibilities(universe: Universe, said: readonly (readonly Said[])[]): Possibilities {
  const { liar, honest, bounds } = universe
  const blocks = new Set<Label>()
  for (const one of said) for (const { type, label } of one) if (type === 'block') blocks.add(label)
  const exists = (label: Label): boolean => label === 0 || blocks.has(label)
  for (const { label, parent, message } of universe.blocks) {
    if (message?.header.sender === liar && exists(parent)) blocks.add(label)
  }
  const votes = [...blocks].flatMap((label) => {
    const view = universe.blocks[label]?.view ?? 0
    return [
      { type: 'notarize' as const, view, label },
      { type: 'finalize' as const, view, label },
    ]
  })
  const nullify = Array.from({ length: bounds.views }, (_, index) => ({
    type: 'nullify' as const,
    view: index + 1,
    label: NO_BLOCK,
  }))
  const has = (index: number, wanted: Said): boolean =>
    said[index]?.some(
      ({ type, view, label }) => type === wanted.type && view === wanted.view && label === wanted.label,
    ) === true
  return {
    blocks,
    votes: [...votes, ...nullify].map((vote) => ({ ...vote, signers: honest.filter((_, index) => has(index, vote)) })),
  }
}

function singleVotes({ liar }: Universe, self: number, { votes }: Possibilities): readonly Delivery[] {
  return votes.flatMap(({ type, view, label, signers }) =>
    [liar, ...signers]
      .filter((sender) => sender !== self)
      .map((sender): Delivery => ({ kind: 'vote', sender, type, view, label })),
  )
}

/** No two certificates that can be made exclude each other, whoever holds them. */
function exclusion(universe: Universe, { votes }: Possibilities): string | undefined {
  const certified = votes.filter(({ signers }) => signers.length + LIARS >= QUORUM)
  const final = certified.filter(({ type }) => type === 'finalize')
  for (const first of certified) {
    for (const second of certified) {
      if (first === second || first.view !== second.view) continue
      if (first.type === 'notarize' && second.type === 'notarize') {
        return `two blocks of view ${first.view} can be notarized: b${first.label} and b${second.label}`
      }
      if (first.type === 'finalize' && second.type === 'nullify') {
        return `view ${first.view} can be finalized, b${first.label}, and nullified`
      }
    }
  }
  for (const first of final) {
    for (const second of final) {
      if (
        first.view < second.view
          ? !descends(universe, second.label, first.label)
          : first.view === second.view && first !== second
      ) {
        return `b${first.label} and b${second.label} can both be finalized, and neither is on the other`
      }
    }
  }
  return undefined
}

function descends({ blocks }: Universe, label: Label, ancestor: Label): boolean {
  for (let at = label; at !== NO_BLOCK; at = blocks[at]?.parent ?? NO_BLOCK) if (at === ancestor) return true
  return false
}
