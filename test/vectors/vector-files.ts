import { blockCodec } from '../../src/consensus/block.ts'
import { certificateCodec, certificateOf } from '../../src/consensus/certificate.ts'
import { decisionLeafHash } from '../../src/consensus/decision.ts'
import { encodeEvidence, evidenceEntry } from '../../src/consensus/evidence.ts'
import { leaderOf, type Membership, membershipCodec, membershipHash, quorumOf } from '../../src/consensus/membership.ts'
import { compactVote } from '../../src/consensus/messages.ts'
import { proofBundleCodec } from '../../src/consensus/proof.ts'
import type { RecordJudged } from '../../src/consensus/proposal.ts'
import { encodeWireMessage } from '../../src/consensus/wire-message.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { type Codec, decode, encode } from '../../src/core/encoding.ts'
import { sha256 } from '../../src/core/hash.ts'
import { inclusionPath } from '../../src/core/merkle.ts'
import { plus } from '../../src/core/time.ts'
import { composeChain, type Decided, type Turn } from './vector-chain.ts'
import { doubleFinalize, gradedUp } from './vector-evidence.ts'
import {
  ATTESTED,
  attestingMembership,
  createVoices,
  envelopeOf,
  type Say,
  vectorMembership,
} from './vector-members.ts'

/** A cluster of the vectors: everything that its files are made from. */
export interface VectorCluster {
  readonly membership: Membership
  readonly say: Say
  readonly chain: readonly Decided[]
}

/** A file's path in this folder → its bytes. */
export type VectorFiles = ReadonlyMap<string, Uint8Array>

const VERIFIED: RecordJudged = { member: 2, digest: ATTESTED, verdict: 'verified' }

/** One appliance alone, two epochs. */
export function clusterOfOne(): VectorCluster {
  const membership = vectorMembership(1, 'solo')
  const say = createVoices(membership)
  const turns: readonly Turn[] = [1, 2].map((height) => ({ view: height, epoch: 300 + height, listed: [0] }))
  return { membership, say, chain: composeChain(membership, turns, say) }
}

/**
 * Four appliances, seven epochs. Views 3 and 4 were nullified. Member 3 is not listed at first; then it knows no peer,
 * so that it gets no region; then it is 90 µs off. Member 1 has no source in epoch 706 and knows of no leap second; in
 * view 8 it has said of two blocks that they are final, and the block of view 9 convicts it. In that block two members call
 * member 2's attestation record verified, two say that member 1 shows none, and one alone says so of member 3.
 */
export function clusterOfFour(): VectorCluster {
  const membership = attestingMembership(4, 'rack-7')
  const say = createVoices(membership)
  const all = [0, 1, 2, 3]
  const turns: readonly Turn[] = [
    { view: 1, epoch: 700, listed: [0, 1, 2] },
    { view: 2, epoch: 701, listed: [0, 1, 2] },
    { view: 5, epoch: 702, listed: [0, 1, 2] },
    { view: 6, epoch: 703, listed: all, changes: { 3: { ranging: [], links: [] } } },
    { view: 7, epoch: 704, listed: all },
    { view: 8, epoch: 705, listed: all },
    {
      view: 9,
      epoch: 706,
      listed: all,
      evidence: [evidenceEntry(doubleFinalize(say))],
      changes: {
        0: { verdicts: [{ member: 1, digest: undefined, verdict: 'flagged' }, VERIFIED] },
        1: { nodeClock: undefined, mode: 'acquiring', sources: [], leap: undefined },
        2: {
          stampRoot: sha256(utf8('what users had time-stamped')),
          verdicts: [1, 3].map((member) => ({ member, digest: undefined, verdict: 'flagged' })),
        },
        3: {
          nodeClock: { taiNs: plus(membership.genesisTai, 706_000_990_000n), boundNs: 300n },
          verdicts: [VERIFIED],
        },
      },
    },
  ]
  return { membership, say, chain: composeChain(membership, turns, say) }
}

export function filesOfOne({ membership, say, chain }: VectorCluster): VectorFiles {
  return new Map([
    ['n1/genesis.cbor', encode(membershipCodec, membership)],
    ['n1/certificate.cbor', certificateFile(decidedAt(chain, 1), [0], say)],
    ['n1/proof.cbor', proofFile(membership, chain, 1, certificateFile(decidedAt(chain, 2), [0], say))],
  ])
}

export function filesOfFour(cluster: VectorCluster): VectorFiles {
  const { membership, say, chain } = cluster
  const { block, hash, proposals } = decidedAt(chain, 7)
  const { view, era } = block
  const certificate = certificateFile(decidedAt(chain, 7), [0, 2, 3], say)
  const [, , proposal] = proposals
  if (proposal === undefined) throw new RangeError('no proposal of member 2')
  const { bootId, segment, rangingNs, nodeClock, rangingRatePpb } = proposal.body
  const clock = { bootId, segment, rangingNs, nodeClock, rangingRatePpb }
  const leader = leaderOf(view, quorumOf(membership.members.length), membershipHash(membership))
  const nullifications = [0, 1, 3].map((sender) => compactVote(say(sender, 'nullify', { view: 4 })))
  return new Map([
    ['n4/genesis.cbor', encode(membershipCodec, membership)],
    ['n4/genesis-renamed.cbor', encode(membershipCodec, { ...membership, cluster: 'rack-8' })],
    ['n4/certificate.cbor', certificate],
    ['n4/proof.cbor', proofFile(membership, chain, 5, certificate)],
    ['n4/hello.cbor', envelopeOf(say(2, 'hello', { era, clock, view, finalizedView: 8, answerWanted: false }))],
    ['n4/proposal.cbor', envelopeOf(proposal)],
    ['n4/block.cbor', envelopeOf(say(leader, 'block', block))],
    ['n4/notarize.cbor', envelopeOf(say(0, 'notarize', { view, hash }))],
    ['n4/nullify.cbor', envelopeOf(say(3, 'nullify', { view: 4 }))],
    ['n4/evidence.cbor', encodeEvidence(doubleFinalize(say))],
    ['n4/evidence-outcome.cbor', encodeEvidence(gradedUp(decidedAt(chain, 7), leader, decidedAt(chain, 6), say))],
    ['n4/finalize.cbor', envelopeOf(say(2, 'finalize', { view, hash }))],
    [
      'n4/wire-nullification.cbor',
      encodeWireMessage({
        kind: 'quorum',
        value: { type: 'nullify', view: 4, hash: undefined, votes: nullifications },
      }),
    ],
  ])
}

function decidedAt(chain: readonly Decided[], height: number): Decided {
  const decided = chain[height - 1]
  if (decided === undefined) throw new RangeError(`no block of height ${height}`)
  return decided
}

function certificateFile({ block, hash }: Decided, signers: readonly number[], say: Say): Uint8Array {
  const { view } = block
  const votes = signers.map((sender) => compactVote(say(sender, 'finalize', { view, hash })))
  return encode(certificateCodec, certificateOf(block, votes))
}

/** Proves the block of `height` by the certificate of the chain's last block. */
function proofFile(
  membership: Membership,
  chain: readonly Decided[],
  height: number,
  certificate: Uint8Array,
): Uint8Array {
  const leaves = chain.slice(0, -1).map(({ block, hash }) => decisionLeafHash(block, hash))
  return encode(proofBundleCodec, {
    format: 'quorumtime-proof-1',
    block: encode(blockCodec, decidedAt(chain, height).block),
    leafIndex: height - 1,
    path: inclusionPath(leaves, height - 1),
    certificate,
    genesis: encode(membershipCodec, membership),
    steps: [],
  })
}

/** The bytes of a file that is there. */
export function bytesOf(files: VectorFiles, file: string): Uint8Array {
  const bytes = files.get(file)
  if (bytes === undefined) throw new RangeError(`no file ${file}`)
  return bytes
}

/** The value of bytes that were encoded here. */
export function valueIn<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const decoded = decode(codec, bytes, 'vector')
  if (!decoded.ok) throw new Error(decoded.fault.message)
  return decoded.value
}
