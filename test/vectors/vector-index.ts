import { decodeBundle } from '../../src/bundle/bundle.ts'
import { blockCodec } from '../../src/consensus/block.ts'
import { certificateCodec } from '../../src/consensus/certificate.ts'
import { chainedCertificateCodec } from '../../src/consensus/chained-certificate.ts'
import { decisionBytes, decisionLeafHash } from '../../src/consensus/decision.ts'
import { evidenceCodec } from '../../src/consensus/evidence.ts'
import { type Membership, membershipHash } from '../../src/consensus/membership.ts'
import { contentDigest, decodeEnvelope, signingContext } from '../../src/consensus/messages.ts'
import { proofBundleCodec } from '../../src/consensus/proof.ts'
import { votedContent } from '../../src/consensus/quorum-certificate.ts'
import { toHex } from '../../src/core/bytes.ts'
import { sha384 } from '../../src/core/hash.ts'
import { refusals } from './refusals.ts'
import { bundleAuthority, filesOfBundle } from './vector-bundle.ts'
import { bytesOf, filesOfFour, filesOfOne, type VectorCluster, type VectorFiles, valueIn } from './vector-files.ts'
import { filesOfSecondSession, secondSession } from './vector-sessions.ts'

/** vectors.json: what is in the files, and what must come out. Bytes are hexadecimal. */
export interface VectorIndex {
  readonly about: readonly string[]
  readonly certificates: readonly ExpectedDecision[]
  /** Of the second session: certificates with the steps that lead there. */
  readonly chained: readonly ExpectedDecision[]
  /** Of a proof, `votes` and `membershipHash` are those of the later certificate. */
  readonly proofs: readonly ExpectedDecision[]
  readonly bundles: readonly ExpectedBundle[]
  readonly messages: readonly ExpectedMessage[]
  readonly evidence: readonly ExpectedEvidence[]
  readonly refused: readonly ExpectedRefusal[]
}

export interface ExpectedDecision {
  readonly file: string
  readonly genesis: string
  readonly membershipHash: string
  readonly epoch: number
  readonly view: number
  readonly height: number
  readonly blockHash: string
  readonly logRoot: string
  readonly decision: string
  readonly leafHash: string
  readonly votes: readonly { readonly sender: number; readonly context: string; readonly content: string }[]
}

/** Nothing but the authority's key is given. */
export interface ExpectedBundle {
  readonly file: string
  readonly authority: string
  readonly epoch: number
  readonly blockHash: string
  readonly records: readonly { readonly member: number; readonly digest: string; readonly verdict: 'verified' }[]
}

export interface ExpectedMessage {
  readonly file: string
  readonly genesis: string
  readonly type: string
  readonly sender: number
  readonly context: string
  readonly contentDigest: string
}

export interface ExpectedEvidence {
  readonly file: string
  readonly genesis: string
  readonly kind: string
  readonly member: number
  readonly number: number
  readonly digest: string
}

/** `file` with the `remove` bytes from `at` replaced by `insert`. */
export interface ExpectedRefusal {
  readonly name: string
  readonly code: string
  readonly file: string
  readonly genesis: string
  readonly at: number
  readonly remove: number
  readonly insert: string
}

const ABOUT = [
  'Files of quorumtime for whoever writes a verifier; docs/certificate.md says how. Made by make-vectors.ts.',
  'The seeds of the operators ada and grace are 32 times the bytes 225 and 226.',
  "The authority's seed is 32 times the byte 241. A bundle verifies with its key and nothing else.",
  "Member i's ML-DSA-87 seed is 32 times the byte i + 1, that of its TLS key 32 times the byte i + 129.",
  'Signatures are ML-DSA-87 in the deterministic variant, so that they come out the same each time.',
  'refused: the file with the `remove` bytes from `at` on replaced by `insert` must not verify under the genesis.',
  'The part of the code before the dot is what kind of thing is wrong; a verifier need not tell more.',
]

export function vectorFiles(one: VectorCluster, four: VectorCluster): VectorFiles {
  return new Map([...filesOfOne(one), ...filesOfSecondSession(one), ...filesOfFour(four), ...filesOfBundle()])
}

export function vectorIndex(one: VectorCluster, four: VectorCluster, files: VectorFiles): VectorIndex {
  const messages = ['hello', 'proposal', 'block', 'notarize', 'nullify', 'finalize']
  return {
    about: ABOUT,
    certificates: [expectedCertificate('n1', one.membership, files), expectedCertificate('n4', four.membership, files)],
    chained: [expectedChained(secondSession(one).membership, files)],
    proofs: [
      expectedProof('n1/proof.cbor', one.membership, files),
      expectedProof('n1/later-proof.cbor', secondSession(one).membership, files),
      expectedProof('n4/proof.cbor', four.membership, files),
    ],
    bundles: [expectedBundle('attested/bundle.cbor', files)],
    messages: messages.map((name) => expectedMessage(`n4/${name}.cbor`, files)),
    evidence: ['n4/evidence.cbor', 'n4/evidence-outcome.cbor'].map((file) => expectedEvidence(file, files)),
    refused: refusals(one, files).map(({ bytes, name, code, file, genesis }) => ({
      name,
      code,
      file,
      genesis,
      ...replacement(bytesOf(files, file), bytes),
    })),
  }
}

function expectedCertificate(folder: string, membership: Membership, files: VectorFiles): ExpectedDecision {
  const file = `${folder}/certificate.cbor`
  const certificate = bytesOf(files, file)
  return expected(file, membership, valueIn(certificateCodec, certificate).block, certificate)
}

function expectedChained(membership: Membership, files: VectorFiles): ExpectedDecision {
  const file = 'n1/later-chained.cbor'
  const { certificate } = valueIn(chainedCertificateCodec, bytesOf(files, file))
  return expected(file, membership, valueIn(certificateCodec, certificate).block, certificate)
}

/** The membership is that of the later certificate. */
function expectedProof(file: string, membership: Membership, files: VectorFiles): ExpectedDecision {
  const { block, certificate } = valueIn(proofBundleCodec, bytesOf(files, file))
  return expected(file, membership, block, certificate)
}

function expected(
  file: string,
  membership: Membership,
  blockBytes: Uint8Array,
  certificateBytes: Uint8Array,
): ExpectedDecision {
  const block = valueIn(blockCodec, blockBytes)
  const hash = sha384(blockBytes)
  const { votes, block: votedBytes } = valueIn(certificateCodec, certificateBytes)
  const { view } = valueIn(blockCodec, votedBytes)
  const voted = { type: 'finalize', view, hash: sha384(votedBytes) } as const
  return {
    file,
    genesis: `${file.split('/')[0]}/genesis.cbor`,
    membershipHash: toHex(membershipHash(membership)),
    epoch: block.epoch,
    view: block.view,
    height: block.height,
    blockHash: toHex(hash),
    logRoot: toHex(block.logRoot),
    decision: toHex(decisionBytes(block, hash)),
    leafHash: toHex(decisionLeafHash(block, hash)),
    votes: votes.map((vote) => ({
      sender: vote.sender,
      context: signingContext('finalize'),
      content: toHex(votedContent(voted, vote, membership.cluster, membershipHash(membership))),
    })),
  }
}

function expectedBundle(file: string, files: VectorFiles): ExpectedBundle {
  const bundle = decodeBundle(bytesOf(files, file))
  if (!bundle.ok) throw new Error(bundle.fault.message)
  const { votes, block } = valueIn(certificateCodec, bundle.value.certificate)
  return {
    file,
    authority: toHex(bundleAuthority()),
    epoch: valueIn(blockCodec, block).epoch,
    blockHash: toHex(sha384(block)),
    records: votes.map(({ sender, attestationDigest }) => {
      return { member: sender, digest: toHex(attestationDigest ?? new Uint8Array()), verdict: 'verified' }
    }),
  }
}

function expectedMessage(file: string, files: VectorFiles): ExpectedMessage {
  const decoded = decodeEnvelope(bytesOf(files, file))
  if (!decoded.ok) throw new Error(decoded.fault.message)
  const { type, header } = decoded.value
  return {
    file,
    genesis: 'n4/genesis.cbor',
    type,
    sender: header.sender,
    context: signingContext(type),
    contentDigest: toHex(contentDigest(decoded.value)),
  }
}

function expectedEvidence(file: string, files: VectorFiles): ExpectedEvidence {
  const { kind, member, number } = valueIn(evidenceCodec, bytesOf(files, file))
  return { file, genesis: 'n4/genesis.cbor', kind, member, number, digest: toHex(sha384(bytesOf(files, file))) }
}

/** What lies between the bytes that both have at the beginning and those that both have at the end. */
function replacement(from: Uint8Array, to: Uint8Array): { at: number; remove: number; insert: string } {
  const shorter = Math.min(from.length, to.length)
  let at = 0
  while (at < shorter && from[at] === to[at]) at += 1
  let tail = 0
  while (tail < shorter - at && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail += 1
  return { at, remove: from.length - at - tail, insert: toHex(to.subarray(at, to.length - tail)) }
}
