import { type Block, blockCodec, blockHash } from '../../src/consensus/block.ts'
import { certificateCodec, certificateOf } from '../../src/consensus/certificate.ts'
import { chainedCertificateCodec } from '../../src/consensus/chained-certificate.ts'
import { decisionLeafHash } from '../../src/consensus/decision.ts'
import { closingOf, composeEmptyBlock } from '../../src/consensus/empty-block.ts'
import { type Membership, membershipCodec } from '../../src/consensus/membership.ts'
import { membershipOrderCodec, orderDigest } from '../../src/consensus/membership-order.ts'
import { compactVote } from '../../src/consensus/messages.ts'
import { proofBundleCodec } from '../../src/consensus/proof.ts'
import type { ChainNode } from '../../src/consensus/replica/chain.ts'
import { firstSession, nextSession } from '../../src/consensus/session.ts'
import { encodeSessionStep } from '../../src/consensus/session-step.ts'
import { encode } from '../../src/core/encoding.ts'
import { inclusionPath } from '../../src/core/merkle.ts'
import { composeChain, type Decided } from './vector-chain.ts'
import type { VectorCluster } from './vector-files.ts'
import { createVoices, type Say, vectorOrder, vectorSuccessor } from './vector-members.ts'

/** The second session of a cluster of the vectors: one member more, ordered after its last block there. */
export interface VectorSession {
  readonly membership: Membership
  readonly chain: readonly Decided[]
  /** The change and the decisions before it. */
  readonly leaves: readonly Uint8Array[]
  readonly step: Uint8Array
  readonly certificate: Uint8Array
}

/** The change is in the view after the last block's, and final by a closing block; then two epochs of the new session. */
export function secondSession(
  { membership, say, chain }: VectorCluster,
  speak: (next: Membership) => Say = createVoices,
): VectorSession {
  const last = chain.at(-1)
  if (last === undefined) throw new RangeError('expected a chain')
  const next = vectorSuccessor(membership)
  const order = vectorOrder(membership, next)
  const digest = orderDigest(membership.cluster, order)
  const { view } = last.block
  const change = composeEmptyBlock(view + 1, nodeOf(last.block), { step: 'order', digest }, membership)
  const closes = closingOf(nodeOf(change))
  if (closes === undefined) throw new RangeError('expected a change')
  const closing = composeEmptyBlock(view + 2, nodeOf(change), closes, membership)
  const votes = membership.members.map(({ id }) =>
    compactVote(say(id, 'finalize', { view: closing.view, hash: blockHash(closing) })),
  )
  const step = encodeSessionStep({
    format: 'quorumtime-session-1',
    order: encode(membershipOrderCodec, order),
    change: encode(blockCodec, change),
    closing: encode(blockCodec, closing),
    votes,
  })
  const session = nextSession(firstSession(membership), next, change, blockHash(change))
  const voices = speak(next)
  const listed = next.members.map(({ id }) => id)
  const turns = [1, 2].map((turn) => ({ view: turn, epoch: last.block.epoch + turn, listed }))
  const later = composeChain(next, turns, voices, session.root)
  const newest = later.at(-1)
  if (newest === undefined) throw new RangeError('expected a chain')
  const certified = listed.map((id) =>
    compactVote(voices(id, 'finalize', { view: newest.block.view, hash: newest.hash })),
  )
  const decided = [...chain.map(({ block }) => block), change, ...later.slice(0, -1).map(({ block }) => block)]
  return {
    membership: next,
    chain: later,
    leaves: decided.map((block) => decisionLeafHash(block, blockHash(block))),
    step,
    certificate: encode(certificateCodec, certificateOf(newest.block, certified)),
  }
}

/** The newest certificate of the second session, and a proof of the first session's first block by it. */
export function filesOfSecondSession(cluster: VectorCluster): ReadonlyMap<string, Uint8Array> {
  const { step, certificate, leaves } = secondSession(cluster)
  const [first] = cluster.chain
  if (first === undefined) throw new RangeError('expected a chain')
  return new Map([
    [
      'n1/later-chained.cbor',
      encode(chainedCertificateCodec, { format: 'quorumtime-chained-1', steps: [step], certificate }),
    ],
    [
      'n1/later-proof.cbor',
      encode(proofBundleCodec, {
        format: 'quorumtime-proof-1',
        block: encode(blockCodec, first.block),
        leafIndex: 0,
        path: inclusionPath(leaves, 0),
        certificate,
        genesis: encode(membershipCodec, cluster.membership),
        steps: [step],
      }),
    ],
  ])
}

function nodeOf(block: Block): ChainNode {
  const { view, epoch, height, state } = block
  return { hash: blockHash(block), view, epoch, height, state, block }
}
