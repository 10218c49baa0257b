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
import { checkBlockForm, type VerifiedCertificate, verifyCertificate } from './certificate.ts'
import { decisionLeafHash } from './decision.ts'
import { type Membership, membershipCodec } from './membership.ts'
import { BODY_BYTES_MAX } from './messages.ts'
import type { Verify } from './quorum-certificate.ts'

/**
 * Proof that a block was decided, long after its own signatures were dropped: the block, the path of its decision in
 * the log, and the certificate of any later block, whose log root the path leads to. `memberships` holds every
 * membership since genesis, genesis first; verification starts from the reader's own genesis file.
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
  readonly memberships: readonly Uint8Array[]
}

export const proofBundleCodec: Codec<ProofBundle> = recordCodec<ProofBundle>({
  format: literalCodec('quorumtime-proof-1'),
  block: blobCodec(BODY_BYTES_MAX),
  leafIndex: uintCodec(),
  path: listCodec(bytesCodec(32), 64),
  certificate: blobCodec(2 * BODY_BYTES_MAX),
  memberships: listCodec(blobCodec(BODY_BYTES_MAX), 64, 1),
})

export interface VerifiedProof {
  readonly block: Block
  readonly blockHash: Uint8Array
  /** The later certificate that the proof leans on. */
  readonly anchor: VerifiedCertificate
}

/** Verifies a proof bundle offline. `genesis` is the reader's own copy; the bundle's is only compared with it. */
export async function verifyProof(
  bytes: Uint8Array,
  genesis: Membership,
  verify: Verify,
): Promise<Result<VerifiedProof>> {
  const bundle = decode(proofBundleCodec, bytes, 'proof')
  if (!bundle.ok) return bundle
  const { block: blockBytes, leafIndex, path, certificate, memberships } = bundle.value
  const membership = checkMemberships(memberships, genesis)
  if (!membership.ok) return membership
  const block = decode(blockCodec, blockBytes, 'proof.block')
  if (!block.ok) return block
  const form = checkBlockForm(block.value, genesis)
  if (!form.ok) return form
  const anchor = await verifyCertificate(certificate, genesis, verify)
  if (!anchor.ok) return anchor
  const hash = sha384(blockBytes)
  const leaf = decisionLeafHash(block.value, hash)
  const { size } = anchor.value.block.state.log
  if (leafIndex !== block.value.height - 1 || leafIndex >= size) {
    return fail('proof.index', `proof: expected leaf ${block.value.height - 1} of a log of ${size}, got ${leafIndex}`)
  }
  if (!verifyInclusion(leaf, leafIndex, size, path, anchor.value.block.logRoot)) {
    return fail(
      'proof.path',
      `proof: the path of leaf ${leafIndex} does not lead to the log root of epoch ${anchor.value.block.epoch}`,
    )
  }
  return ok({ block: block.value, blockHash: hash, anchor: anchor.value })
}

/** Rules version 2 knows one membership, the genesis; a bundle that names more is of a later version. */
function checkMemberships(memberships: readonly Uint8Array[], genesis: Membership): Result<void> {
  const [first] = memberships
  if (first === undefined || memberships.length !== 1) {
    return fail(
      'proof.memberships',
      `proof: expected the genesis alone under rules version 2, got ${memberships.length} memberships`,
    )
  }
  if (equalBytes(first, encode(membershipCodec, genesis))) return ok(undefined)
  const other = decode(membershipCodec, first, 'proof.memberships[0]')
  const got = other.ok ? `another, of cluster "${other.value.cluster}"` : 'other bytes'
  return fail('proof.genesis', `proof: expected the reader's own genesis, of cluster "${genesis.cluster}", got ${got}`)
}
