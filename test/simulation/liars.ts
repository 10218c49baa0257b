import { type Block, blockCodec, blockHash, chainRoot } from '../../src/consensus/block.ts'
import { leaderOf, type Membership, membershipHash, quorumOf } from '../../src/consensus/membership.ts'
import {
  type BodyOf,
  decodeEnvelope,
  encodeContent,
  encodeEnvelope,
  type MessageType,
  type SignedMessage,
} from '../../src/consensus/messages.ts'
import { composeBlock } from '../../src/consensus/replica/compose-block.ts'
import type { PooledProposal } from '../../src/consensus/replica/proposal-pool.ts'
import type { Outgoing } from '../../src/consensus/replica/types.ts'
import type { Replica } from '../../src/consensus/replica.ts'
import type { WireMessage } from '../../src/consensus/wire-message.ts'
import { toHex } from '../../src/core/bytes.ts'
import { encode } from '../../src/core/encoding.ts'
import type { Prng } from '../../src/core/prng.ts'
import { chance, pick } from '../support/chance.ts'
import { testSign } from '../support/replica-cluster.ts'

/**
 * What a liar knows: its own replica, which runs as it should, and everything that it hears. Its signatures are right;
 * what it signs is not.
 */
export interface Liar {
  readonly id: number
  readonly membership: Membership
  readonly prng: Prng
  replica(): Replica
  /** The newest frames that it got. */
  readonly heard: readonly WireMessage[]
  /** Blocks that it made or got, by the hexadecimal digits of their hash. */
  readonly blocks: ReadonlyMap<string, Block>
}

/** What a liar sends in the place of one thing that a correct member would send. */
export type Lie = (liar: Liar, outgoing: Outgoing) => readonly Outgoing[]

export const LIES: Readonly<Record<string, Lie>> = {
  /** Two proposals of an epoch to everybody, and to everybody others. */
  manyProposals: (liar, outgoing) =>
    onOwn(liar, outgoing, 'proposal', ({ body }) =>
      others(liar).flatMap((to) =>
        [1, 2].map(() => say(liar, to, 'proposal', { ...body, stampRoot: randomBytes(liar.prng, 32) })),
      ),
    ),

  /** Two blocks in a view, each of which everybody could vote for alone, to two halves; and at last both to all. */
  twoBlocks: (liar, outgoing) =>
    onOwn(liar, outgoing, 'block', ({ body }) => {
      const other = withoutOne(liar, body)
      if (other === undefined) return [outgoing]
      const split = others(liar).map((to, index) => say(liar, to, 'block', index % 2 === 0 ? body : other))
      return [...split, say(liar, 'all', 'block', other), outgoing]
    }),

  /** A block that its proposals do not lead to. */
  wrongOutcome: (liar, outgoing) =>
    onOwn(liar, outgoing, 'block', ({ body }) => [
      say(liar, 'all', 'block', {
        ...body,
        outcome: { ...body.outcome, grade: body.outcome.grade === 'partial' ? 'validated' : 'partial' },
      }),
    ]),

  /** A block with one part that is not as it must be. */
  brokenBlock: (liar, outgoing) =>
    onOwn(liar, outgoing, 'block', ({ body }) => [say(liar, 'all', 'block', brokenBlock(liar, body))]),

  doubleNotarize: (liar, outgoing) =>
    onOwn(liar, outgoing, 'notarize', ({ body }) => [
      ...shuffledPair(liar, outgoing, say(liar, 'all', 'notarize', { ...body, hash: randomBytes(liar.prng, 48) })),
    ]),

  doubleFinalize: (liar, outgoing) =>
    onOwn(liar, outgoing, 'finalize', ({ body }) => [
      ...shuffledPair(liar, outgoing, say(liar, 'all', 'finalize', { ...body, hash: randomBytes(liar.prng, 48) })),
    ]),

  nullifyAndFinalize: (liar, outgoing) =>
    onOwn(liar, outgoing, 'finalize', ({ body }) => [
      ...shuffledPair(liar, outgoing, say(liar, 'all', 'nullify', { view: body.view })),
    ]),

  /** Nullifies every view at once, whatever else it says. */
  nullifyEverything: (liar, outgoing) => {
    const { view } = liar.replica().status()
    return [outgoing, say(liar, 'all', 'nullify', { view }), say(liar, 'all', 'nullify', { view: view + 1 })]
  },

  /** Votes for one other only, another one each view; and for nobody at all what it should lead. */
  votesToOne: (liar, outgoing) => {
    const message = ownMessage(liar, outgoing)
    if (message?.type === 'block') return []
    if (message === undefined || message.type === 'proposal' || message.type === 'hello') return [outgoing]
    return [{ ...outgoing, to: others(liar)[message.body.view % (liar.membership.members.length - 1)] ?? 0 }]
  },

  /** Says its part, and again anything that it ever heard, to anybody. */
  replays: (liar, outgoing) => {
    const again = Array.from({ length: 3 }, () => liar.heard[liar.prng.nextBelow(liar.heard.length + 1)])
    return [
      outgoing,
      ...again.flatMap((message) => (message === undefined ? [] : [{ to: pick(liar.prng, others(liar)), message }])),
    ]
  },

  /** A block on a parent that nobody decided, and the parent to go with it. */
  inventsParents: (liar, outgoing) =>
    onOwn(liar, outgoing, 'block', ({ body }) => {
      const parent = { ...body, view: Number.MAX_SAFE_INTEGER, height: Number.MAX_SAFE_INTEGER - 1 }
      const answer: WireMessage = { kind: 'block-bytes', value: encode(blockCodec, parent) }
      return [say(liar, 'all', 'block', { ...body, parent: blockHash(parent) }), ...toAll(answer, answer, answer)]
    }),

  /** Votes, blocks, proposals and greetings of views and epochs far away. */
  farAway: (liar, outgoing) => onOwn(liar, outgoing, 'notarize', () => [outgoing, ...farAway(liar)]),

  /** Asks for everything, answers what nobody asked. */
  pesters: (liar, outgoing) =>
    onOwn(liar, outgoing, 'notarize', () => [
      outgoing,
      ...toAll(
        { kind: 'want-proposals', value: Array.from({ length: 100 }, () => randomBytes(liar.prng, 48)) },
        { kind: 'want-quorums', value: Array.from({ length: 100 }, (_, view) => view) },
        { kind: 'want-block', value: randomBytes(liar.prng, 48) },
        { kind: 'block-bytes', value: randomBytes(liar.prng, 200) },
        ...liar.heard.slice(-4),
      ),
    ]),

  /** Takes part, but leads nothing. */
  neverLeads: (liar, outgoing) => onOwn(liar, outgoing, 'block', () => []),

  silent: () => [],
}

/** Anything of the above, another thing each time. */
export const anyLie: Lie = (liar, outgoing) => pick(liar.prng, Object.values(LIES))(liar, outgoing)

/** The block that the same leader could have made without one of the proposals. */
function withoutOne(liar: Liar, block: Block): Block | undefined {
  const { membership, blocks } = liar
  const quorum = quorumOf(membership.members.length)
  const hash = membershipHash(membership)
  const parentBlock = blocks.get(toHex(block.parent))
  const listed = liar.replica().listed(block)
  if (listed === undefined || listed.length <= quorum.q) return undefined
  if (parentBlock === undefined && block.height > 1) return undefined
  const root = chainRoot(membership)
  const parent =
    parentBlock === undefined
      ? { ...root, block: undefined }
      : { ...parentBlock, hash: block.parent, block: parentBlock }
  const proposals = listed.map(({ member, proposal }, index) => {
    return { member, digest: block.list[index]?.digest, message: { body: proposal } } as PooledProposal
  })
  const left = liar.prng.nextBelow(proposals.length)
  const plan = { view: block.view, leader: leaderOf(block.view, quorum, hash), epoch: block.epoch, parent }
  const composed = composeBlock({ ...plan, proposals: proposals.filter((_, index) => index !== left) }, membership)
  return composed.ok ? composed.value : undefined
}

function brokenBlock({ membership, prng }: Liar, block: Block): Block {
  const [first, ...rest] = block.list
  const breakages: readonly Partial<Block>[] = [
    { parent: randomBytes(prng, 48) },
    { parent: membershipHash(membership) },
    { epoch: block.epoch + 1 },
    { epoch: Math.max(0, block.epoch - 1) },
    { epoch: Number.MAX_SAFE_INTEGER },
    { era: block.era + 1 },
    { height: block.height + 1 },
    { list: [] },
    { list: rest },
    { list: block.list.map((entry) => ({ ...entry, digest: randomBytes(prng, 48) })) },
    { list: block.list.map((entry) => ({ ...entry, digest: first?.digest ?? entry.digest })) },
    { parentStateHash: randomBytes(prng, 48) },
    { state: { ...block.state, reputationPpm: block.state.reputationPpm.map(() => 0) } },
    { state: { ...block.state, height: block.state.height + 1 } },
    { logRoot: randomBytes(prng, 32) },
    { outcome: { ...block.outcome, frames: [] } },
  ]
  return { ...block, ...pick(prng, breakages) }
}

/** Views and epochs just inside and far outside of what anybody keeps. */
function farAway(liar: Liar): readonly Outgoing[] {
  const { prng, membership } = liar
  const present = liar.replica().status().view
  const view = pick(prng, [0, 1, present + 16, present + 17, present + 1_000, Number.MAX_SAFE_INTEGER])
  const hash = randomBytes(prng, 48)
  const block = [...liar.blocks.values()].at(-1)
  const listed = block === undefined ? undefined : liar.replica().listed(block)
  const proposal = listed?.find(({ member }) => member === liar.id)?.proposal
  const led = [0, 1, 2, 3, 4, 5, 6]
    .map((ahead) => view - ahead)
    .find(
      (led) => led > 0 && leaderOf(led, quorumOf(membership.members.length), membershipHash(membership)) === liar.id,
    )
  return [
    say(liar, 'all', 'notarize', { view, hash }),
    say(liar, 'all', 'finalize', { view, hash }),
    say(liar, 'all', 'nullify', { view }),
    ...(block === undefined || led === undefined ? [] : [say(liar, 'all', 'block', { ...block, view: led })]),
    ...(proposal === undefined
      ? []
      : [-1_000, -4, 4, 5, 1_000, Number.MAX_SAFE_INTEGER - proposal.epoch].map((ahead) =>
          say(liar, 'all', 'proposal', { ...proposal, epoch: Math.max(0, proposal.epoch + ahead) }),
        )),
    ...(proposal === undefined
      ? []
      : [
          say(liar, 'all', 'hello', {
            era: 1,
            clock: proposal,
            view: pick(prng, [0, view]),
            finalizedView: view,
            answerWanted: true,
          }),
        ]),
  ]
}

function ownMessage(liar: Liar, { message }: Outgoing): SignedMessage | undefined {
  if (message.kind !== 'signed') return undefined
  const decoded = decodeEnvelope(message.value)
  return decoded.ok && decoded.value.header.sender === liar.id ? decoded.value : undefined
}

function onOwn<T extends MessageType>(
  liar: Liar,
  outgoing: Outgoing,
  type: T,
  lie: (message: SignedMessage<T>) => readonly Outgoing[],
): readonly Outgoing[] {
  const message = ownMessage(liar, outgoing)
  return message?.type === type ? lie(message as SignedMessage<T>) : [outgoing]
}

function say<T extends MessageType>(liar: Liar, to: number | 'all', type: T, body: BodyOf[T]): Outgoing {
  const { membership, id } = liar
  const header = {
    cluster: membership.cluster,
    membershipHash: membershipHash(membership),
    type,
    sender: id,
    bootCount: 1,
    attestationDigest: undefined,
  }
  const content = encodeContent(header, body)
  return { to, message: { kind: 'signed', value: encodeEnvelope({ content, signature: testSign(id, type, content) }) } }
}

function others({ id, membership }: Liar): readonly number[] {
  return membership.members.map((member) => member.id).filter((other) => other !== id)
}

function toAll(...messages: readonly WireMessage[]): readonly Outgoing[] {
  return messages.map((message) => ({ to: 'all', message }))
}

function shuffledPair({ prng }: Liar, a: Outgoing, b: Outgoing): readonly Outgoing[] {
  return chance(prng, 0.5) ? [a, b] : [b, a]
}

function randomBytes(prng: Prng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => prng.nextBelow(256))
}
