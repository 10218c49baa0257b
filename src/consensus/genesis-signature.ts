import { compareBytes, equalBytes } from '../core/bytes.ts'
import {
  bytesCodec,
  type Codec,
  decode,
  encode,
  listCodec,
  literalCodec,
  recordCodec,
  refinedCodec,
  shortHex,
  textCodec,
} from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { DIGEST_BYTES, type Membership, membershipHash, SIGNATURE_BYTES } from './membership.ts'

/**
 * That the authorities which enrol the members of a cluster stand by its genesis: with it, who is given the public key of one
 * authority alone can check everything that follows. Lies beside the genesis, which is the membership and nothing else.
 */
export interface GenesisSignatures {
  readonly format: typeof FORMAT
  /** In ascending order of authority, each once. */
  readonly signatures: readonly AuthoritySignature[]
}

export interface AuthoritySignature {
  /** SHA-384 of the authority's ML-DSA-87 public key. */
  readonly authority: Uint8Array
  /** Over `genesisContent`, under `GENESIS_CONTEXT`. */
  readonly signature: Uint8Array
}

/** Checks one ML-DSA-87 signature; injected. */
export type VerifySync = (publicKey: Uint8Array, context: string, message: Uint8Array, signature: Uint8Array) => boolean

const FORMAT = 'quorumtime-genesis-signatures-1'
/** The ML-DSA context string of signatures under a genesis. */
export const GENESIS_CONTEXT = 'quorumtime/v1/genesis'
/** As many as a membership may name. */
const AUTHORITIES_MAX = 4
export const GENESIS_SIGNATURES_BYTES_MAX = AUTHORITIES_MAX * (DIGEST_BYTES + SIGNATURE_BYTES + 16) + 64

export const genesisSignaturesCodec: Codec<GenesisSignatures> = refinedCodec(
  recordCodec<GenesisSignatures>({
    format: literalCodec(FORMAT),
    signatures: listCodec(
      recordCodec<AuthoritySignature>({ authority: bytesCodec(DIGEST_BYTES), signature: bytesCodec(SIGNATURE_BYTES) }),
      AUTHORITIES_MAX,
      1,
    ),
  }),
  ({ signatures }) =>
    signatures.every(({ authority }, index) => {
      const before = signatures[index - 1]
      return before === undefined || compareBytes(before.authority, authority) < 0
    })
      ? undefined
      : 'signatures in ascending order of authority, each once',
)

export const genesisContentCodec = recordCodec<{
  readonly format: typeof FORMAT
  readonly cluster: string
  readonly membershipHash: Uint8Array
}>({ format: literalCodec(FORMAT), cluster: textCodec(64), membershipHash: bytesCodec(DIGEST_BYTES) })

/** The bytes that an authority signs under `GENESIS_CONTEXT`. */
export function genesisContent(genesis: Membership): Uint8Array {
  return encode(genesisContentCodec, {
    format: FORMAT,
    cluster: genesis.cluster,
    membershipHash: membershipHash(genesis),
  })
}

/** The file. */
export function encodeGenesisSignatures(signatures: readonly AuthoritySignature[]): Uint8Array {
  const sorted = signatures.toSorted((a, b) => compareBytes(a.authority, b.authority))
  return encode(genesisSignaturesCodec, { format: FORMAT, signatures: sorted })
}

/**
 * Which of `authorities` (raw public keys) stand by this genesis: at least one, or it is refused. Signatures by others say nothing
 * and are passed over; one that names an authority and is none is refused. Faults: `encoding.*`, `genesis.signature`,
 * `genesis.unsigned`.
 */
export function verifyGenesisSignatures(
  bytes: Uint8Array,
  genesis: Membership,
  authorities: readonly Uint8Array[],
  verify: VerifySync,
): Result<readonly Uint8Array[]> {
  const decoded = decode(genesisSignaturesCodec, bytes, 'genesis signatures')
  if (!decoded.ok) return decoded
  const content = genesisContent(genesis)
  const standing: Uint8Array[] = []
  for (const { authority, signature } of decoded.value.signatures) {
    const key = authorities.find((known) => equalBytes(sha384(known), authority))
    if (key === undefined) continue
    if (!verify(key, GENESIS_CONTEXT, content, signature)) {
      return fail(
        'genesis.signature',
        `genesis signatures: expected a signature by ${shortHex(authority)} under the genesis of "${genesis.cluster}", got another`,
      )
    }
    standing.push(key)
  }
  if (standing.length > 0) return ok(standing)
  const known = authorities.map((key) => shortHex(sha384(key))).join(', ') || 'nobody'
  const came = decoded.value.signatures.map(({ authority }) => shortHex(authority)).join(', ')
  return fail('genesis.unsigned', `genesis signatures: expected one by ${known}, got some by ${came}`)
}
