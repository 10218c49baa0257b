import { equalBytes } from '../core/bytes.ts'
import {
  blobCodec,
  bytesCodec,
  type Codec,
  decode,
  encode,
  listCodec,
  literalCodec,
  recordCodec,
  uintCodec,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { verifyInclusion } from '../core/merkle.ts'
import { type Block, blockCodec } from './block.ts'
import { checkBlockForm, verifyCertificate } from './certificate.ts'
import { stepsCodec, type VerifiedChained } from './chained-certificate.ts'
import { decisionLeafHash } from './decision.ts'
import { type Membership, membershipCodec } from './membership.ts'
import { BODY_BYTES_MAX } from './messages.ts'
import type { Verify } from './quorum-certificate.ts'
import type { Session } from './session.ts'
import { sessionOfHeight, verifySessionChain } from './session-chain.ts'

/**
 * Proof that a block was decided, long after its own signatures were dropped: the block, the path of its decision in
 * the log, and the certificate of any later block, whose log root the path leads to. The log goes through all sessions, so
 * the block may be of an earlier one than the certificate; verification starts from the reader's own genesis file.
 */
export interface ProofBundle {
  readonly format: 'quorumtime-proof-1'
  readonly block: Uint8Array
  /** Index of the block's decision in the log: its height − 1. */
  readonly leafIndex: number
  /** RFC 9162 2.1.3.1 inclusion path, bottom up. */
  readonly path: readonly Uint8Array[]
  /** A certificate file of a later block. */
  readonly certificate: Uint8Array
  /** The genesis file of the cluster, to be compared with the reader's own. */
  readonly genesis: Uint8Array
  /** From the genesis to the session of the certificate, oldest first; none in the first session. */
  readonly steps: readonly Uint8Array[]
}

export const proofBundleCodec: Codec<ProofBundle> = recordCodec<ProofBundle>({
  format: literalCodec('quorumtime-proof-1'),
  block: blobCodec(BODY_BYTES_MAX),
  leafIndex: uintCodec(),
  path: listCodec(bytesCodec(32), 64),
  certificate: blobCodec(2 * BODY_BYTES_MAX),
  genesis: blobCodec(BODY_BYTES_MAX),
  steps: stepsCodec,
})

export interface VerifiedProof {
  readonly block: Block
  readonly blockHash: Uint8Array
  /** The session that the block belongs to. */
  readonly session: Session
  /** The later certificate that the proof leans on, and the session that signed it. */
  readonly anchor: VerifiedChained
}

/** Verifies a proof bundle offline. `genesis` is the reader's own copy; the bundle's is only compared with it. */
export async function verifyProof(
  bytes: Uint8Array,
  genesis: Membership,
  verify: Verify,
): Promise<Result<VerifiedProof>> {
  const bundle = decode(proofBundleCodec, bytes, 'proof')
  if (!bundle.ok) return bundle
  const same = checkGenesis(bundle.value.genesis, genesis)
  if (!same.ok) return same
  const chain = await verifySessionChain(genesis, bundle.value.steps, verify)
  if (!chain.ok) return chain
  const block = decode(blockCodec, bundle.value.block, 'proof.block')
  if (!block.ok) return block
  const session = sessionOfHeight(chain.value, block.value.height) ?? chain.value.present
  const form = checkBlockForm(block.value, session.membership, session.root)
  if (!form.ok) return form
  const { present } = chain.value
  const anchor = await verifyCertificate(bundle.value.certificate, present.membership, verify, present.root)
  if (!anchor.ok) return anchor
  const blockHash = sha384(bundle.value.block)
  const led = checkPath(bundle.value, block.value, blockHash, anchor.value.block)
  return led.ok ? ok({ block: block.value, blockHash, session, anchor: { ...anchor.value, session: present } }) : led
}

function checkPath({ leafIndex, path }: ProofBundle, block: Block, hash: Uint8Array, anchor: Block): Result<void> {
  const leaf = decisionLeafHash(block, hash)
  const { size } = anchor.state.log
  if (leafIndex !== block.height - 1 || leafIndex >= size) {
    return fail('proof.index', `proof: expected leaf ${block.height - 1} of a log of ${size}, got ${leafIndex}`)
  }
  return verifyInclusion(leaf, leafIndex, size, path, anchor.logRoot)
    ? ok(undefined)
    : fail('proof.path', `proof: the path of leaf ${leafIndex} does not lead to the log root of epoch ${anchor.epoch}`)
}

function checkGenesis(bytes: Uint8Array, genesis: Membership): Result<void> {
  if (equalBytes(bytes, encode(membershipCodec, genesis))) return ok(undefined)
  const other = decode(membershipCodec, bytes, 'proof.genesis')
  const got = other.ok ? `another, of cluster "${other.value.cluster}"` : 'other bytes'
  return fail('proof.genesis', `proof: expected the reader's own genesis, of cluster "${genesis.cluster}", got ${got}`)
}
