import { type Block, blockHash, chainRoot } from '../../src/consensus/block.ts'
import { leaderOf, type Membership, membershipHash, quorumOf } from '../../src/consensus/membership.ts'
import {
  type BodyOf,
  compactVote,
  contentDigest,
  encodeContent,
  type MessageType,
  type SignedMessage,
} from '../../src/consensus/messages.ts'
import type { QuorumCertificate, VoteType } from '../../src/consensus/quorum-certificate.ts'
import type { ChainNode } from '../../src/consensus/replica/chain.ts'
import { composeBlock } from '../../src/consensus/replica/compose-block.ts'
import type { PooledProposal } from '../../src/consensus/replica/proposal-pool.ts'
import { toHex } from '../../src/core/bytes.ts'
import { monoNs, plus } from '../../src/core/time.ts'
import { START_TAI, testMembership, testSign } from '../support/replica-cluster.ts'
import { honestMeasurement } from '../support/virtual-measurement.ts'
import { type Bounds, MEMBERS, QUORUM } from './bounds.ts'
import { type Label, NO_BLOCK } from './delivery.ts'

/** A block that somebody can have made. */
export interface KnownBlock extends ChainNode {
  readonly label: Label
  readonly parent: Label
  readonly name: string
  /** Undefined for the root. */
  readonly message: SignedMessage<'block'> | undefined
}

/** So long that no exploration leaves an epoch by itself: which epoch a clock shows follows from the view. */
export const PERIOD_NS = 60_000_000_000n

/**
 * Everything that can be said in the explored views: the members' proposals, the blocks of honest leaders as they turn up, and
 * those that the liar can make: two different valid ones on every block before its view.
 */
export interface Universe {
  readonly bounds: Bounds
  readonly membership: Membership
  readonly liar: number
  readonly honest: readonly number[]
  readonly blocks: readonly KnownBlock[]
  /** One of every member for every epoch; all of them are with everybody from the start. */
  readonly proposals: readonly SignedMessage<'proposal'>[]
  leaderOf(view: number): number
  labelOf(hash: Uint8Array): Label | undefined
  /** Takes in an honest leader's block. */
  learn(message: SignedMessage<'block'>): Label
  vote(sender: number, type: VoteType, view: number, label: Label): SignedMessage<VoteType>
  certificate(type: VoteType, view: number, label: Label): QuorumCertificate
}

export function createUniverse(bounds: Bounds): Universe {
  const membership: Membership = { ...testMembership(MEMBERS), epochPeriodNs: PERIOD_NS }
  const hash = membershipHash(membership)
  const leads = (view: number): number => leaderOf(view, quorumOf(MEMBERS), hash)
  const liar = leads(bounds.liarLeads)
  const sign = signer(membership, hash)
  const proposals = makeProposals(membership, hash, bounds.views + 1, sign)
  const blocks: KnownBlock[] = []
  const labels = new Map<string, Label>()

  const add = (node: ChainNode, parent: Label, message: SignedMessage<'block'> | undefined): Label => {
    const label = blocks.length
    const name = message === undefined ? 'the root' : nameOf(label, node.view, message.header.sender, blocks[parent])
    blocks.push({ ...node, label, parent, name, message })
    labels.set(toHex(node.hash), label)
    if (node.view < bounds.liarLeads && bounds.liarLeads <= bounds.views) addLiarsBlocks(label)
    return label
  }
  const addLiarsBlocks = (parent: Label): void => {
    const on = blocks[parent]
    if (on === undefined) return
    const view = bounds.liarLeads
    const epoch = Math.max(on.epoch + 1, presentEpoch(view))
    const all = proposals.filter(({ body }) => body.epoch === epoch)
    for (const chosen of [all, all.filter(({ header }) => header.sender !== liar)]) {
      const plan = { view, leader: liar, epoch, parent: on, proposals: chosen.map(pooled), evidence: [] }
      const composed = composeBlock(plan, membership)
      if (!composed.ok) throw new Error(composed.fault.message)
      const message = sign(liar, 'block', composed.value)
      add(nodeOf(composed.value), parent, message)
    }
  }

  const universe: Universe = {
    bounds,
    membership,
    liar,
    honest: [0, 1, 2, 3].filter((id) => id !== liar),
    blocks,
    proposals,
    leaderOf: leads,
    labelOf: (wanted) => labels.get(toHex(wanted)),
    learn: (message) => {
      const known = labels.get(toHex(blockHash(message.body)))
      return known ?? add(nodeOf(message.body), labels.get(toHex(message.body.parent)) ?? NO_BLOCK, message)
    },
    ...voices(blocks, sign),
  }
  add({ ...chainRoot(membership), block: undefined }, NO_BLOCK, undefined)
  return universe
}

type Sign = <T extends MessageType>(sender: number, type: T, body: BodyOf[T]) => SignedMessage<T>

function signer(membership: Membership, hash: Uint8Array): Sign {
  return (sender, type, body) => {
    const { cluster } = membership
    const header = { cluster, membershipHash: hash, type, sender, bootCount: 1, attestationDigest: undefined }
    const content = encodeContent(header, body)
    return { type, header, body, content, signature: testSign(sender, type, content) }
  }
}

/** Votes and certificates, each made once. */
function voices(blocks: readonly KnownBlock[], sign: Sign): Pick<Universe, 'vote' | 'certificate'> {
  const votes = new Map<string, SignedMessage<VoteType>>()
  const certificates = new Map<string, QuorumCertificate>()
  const vote: Universe['vote'] = (sender, type, view, label) => {
    const key = `${sender} ${type} ${view} ${label}`
    const hash = blocks[label]?.hash
    const known =
      votes.get(key) ??
      (type === 'nullify' || hash === undefined
        ? sign(sender, 'nullify', { view })
        : sign(sender, type, { view, hash }))
    votes.set(key, known)
    return known
  }
  return {
    vote,
    certificate: (type, view, label) => {
      const key = `${type} ${view} ${label}`
      const signed = Array.from({ length: QUORUM }, (_, sender) => compactVote(vote(sender, type, view, label)))
      const known = certificates.get(key) ?? { type, view, hash: blocks[label]?.hash, votes: signed }
      certificates.set(key, known)
      return known
    },
  }
}

function makeProposals(
  membership: Membership,
  hash: Uint8Array,
  epochs: number,
  sign: Sign,
): readonly SignedMessage<'proposal'>[] {
  return Array.from({ length: epochs * MEMBERS }, (_, index) => {
    const [epoch, sender] = [1 + Math.floor(index / MEMBERS), index % MEMBERS]
    const tai = plus(START_TAI, BigInt(epoch) * PERIOD_NS)
    const reading = honestMeasurement(sender, MEMBERS, monoNs(BigInt(epoch) * PERIOD_NS), tai)
    return sign(sender, 'proposal', { ...reading, era: membership.era, epoch, parent: hash })
  })
}

function pooled(message: SignedMessage<'proposal'>): PooledProposal {
  return { member: message.header.sender, digest: contentDigest(message), message }
}

function nodeOf(block: Block): ChainNode {
  const { view, epoch, height, state } = block
  return { hash: blockHash(block), view, epoch, height, state, block }
}

/** The epoch that everybody's clock shows in a view: so that a chain of one block in every view never runs ahead of it. */
export function presentEpoch(view: number): number {
  return Math.max(1, view - 1)
}

function nameOf(label: Label, view: number, maker: number, parent: KnownBlock | undefined): string {
  const on = parent === undefined || parent.message === undefined ? 'the root' : parent.name.split(' ')[0]
  return `b${label} (view ${view}, by n${maker}, on ${on})`
}
