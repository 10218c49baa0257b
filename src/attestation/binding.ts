import { blobCodec, bytesCodec, encode, literalCodec, optionalCodec, recordCodec, textCodec } from '../core/encoding.ts'
import { sha256 } from '../core/hash.ts'

/** What a quote is made for: by whom, in which cluster, under which key, and not before when. */
export interface Binding {
  readonly cluster: string
  /** SHA-384 of the node's ML-DSA-87 public key, 48 bytes. */
  readonly keyHash: Uint8Array
  /** Hash of the block of the newest certificate that the node has, 48 bytes; undefined before its cluster has made one. */
  readonly certificateHash: Uint8Array | undefined
  /** SHA-384 of what else the node says of itself, 48 bytes (`record.ts`); undefined where it says nothing. */
  readonly statementDigest: Uint8Array | undefined
  /** What a verifier asked for, up to 64 bytes: an enrolment authority's challenge; empty where the certificate is fresh enough. */
  readonly challenge: Uint8Array
}

const LABEL = 'quorumtime/v1/attestation'
const CLUSTER_CHARACTERS_MAX = 64
const HASH_BYTES = 48
const CHALLENGE_BYTES_MAX = 64

export const bindingCodec = recordCodec<Binding & { readonly label: typeof LABEL }>({
  label: literalCodec(LABEL),
  cluster: textCodec(CLUSTER_CHARACTERS_MAX),
  keyHash: bytesCodec(HASH_BYTES),
  certificateHash: optionalCodec(bytesCodec(HASH_BYTES)),
  statementDigest: optionalCodec(bytesCodec(HASH_BYTES)),
  challenge: blobCodec(CHALLENGE_BYTES_MAX),
})

/**
 * The extraData of a quote, 32 bytes:
 *
 *   SHA-256(CBOR [label, cluster, SHA-384(ML-DSA-87 key), block hash of the certificate | null,
 *     SHA-384(statement) | null, challenge])
 *
 * in canonical CBOR, whose items carry their lengths, so that no two bindings have the same bytes.
 *
 * Why SHA-256, when the rest of the product has SHA-384: TPM2B_DATA has room for one digest of the TPM's longest hash (part 2,
 * 10.4.3), and chips with SHA-256 alone take no more than 34 bytes. A ML-DSA-87 key of 2,592 bytes fits in none. What is
 * needed of the hash is that nobody finds another binding for one that a TPM has quoted, a second preimage: 2^256 work, 2^128
 * for a quantum computer. Two bindings of one digest could only be made by the node itself, out of two of its own keys,
 * and it would gain nothing, since both would be its own. The quote's own signature is far weaker than that.
 *
 * Why the block: nobody could know its hash before a quorum had signed its parent, whose hash it holds, so the quote was made
 * after that; and the parent's certificate says when that was. The certificate's own bytes differ with whose votes it
 * has, so their hash would be one that only its owner can check. Why the key: a quote says that some TPM measured something;
 * with the hash of the ML-DSA key in it, the owner of that key has said that this is its TPM, and a quote that another node
 * shows is of no use. Why the statement: what software says of itself, nobody can swap afterwards.
 */
export function extraDataOf(binding: Binding): Uint8Array {
  return sha256(encode(bindingCodec, { label: LABEL, ...binding }))
}
