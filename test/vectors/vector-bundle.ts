import { createECDH, createHash } from 'node:crypto'
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { recordDigest } from '../../src/attestation/record.ts'
import { encodeBundle } from '../../src/bundle/bundle.ts'
import { encodeGenesisSignatures, GENESIS_CONTEXT, genesisContent } from '../../src/consensus/genesis-signature.ts'
import { type Membership, membershipCodec } from '../../src/consensus/membership.ts'
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { encode } from '../../src/core/encoding.ts'
import { sha384 } from '../../src/core/hash.ts'
import { inclusionPaths } from '../../src/core/merkle.ts'
import type { Signer } from '../../src/crypto/signature.ts'
import { enrolmentOf, recordBytes, type SoftTpm, signEnrolment, softTpmOf } from '../support/attestation-records.ts'
import { composeChain, type Turn } from './vector-chain.ts'
import type { VectorFiles } from './vector-files.ts'
import { AUTHORITY_SEED, attestingMembership, createVoices, vectorSuccessor } from './vector-members.ts'
import { secondSession } from './vector-sessions.ts'

/** The order of P-256 (SEC 2, 2.4.2). */
const ORDER = 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n

/** The ML-DSA-87 key that the bundle verifies with. */
export function bundleAuthority(): Uint8Array {
  return authority().publicKey
}

/** The deterministic variant, so that files come out the same each time. */
function authority(): Signer {
  const { publicKey, secretKey } = ml_dsa87.keygen(AUTHORITY_SEED)
  return {
    publicKey,
    sign: (context, message) => ml_dsa87.sign(message, secretKey, { context: utf8(context), extraEntropy: false }),
  }
}

/**
 * One appliance, two epochs; then two, two epochs more. The records of both name the last block of the first session, and stand under
 * the votes of the newest one.
 */
export function filesOfBundle(): VectorFiles {
  const membership = attestingMembership(1, 'attested')
  const say = createVoices(membership)
  const turns: readonly Turn[] = [1, 2].map((height) => ({ view: height, epoch: 300 + height, listed: [0] }))
  const chain = composeChain(membership, turns, say)
  const [first, second] = chain
  if (first === undefined || second === undefined) throw new RangeError('expected two blocks')
  const next = vectorSuccessor(membership)
  const records = next.members.map(({ id }) => recordOf(next, id, second.hash))
  const { step, certificate, leaves } = secondSession({ membership, say, chain }, (later) =>
    createVoices(later, (sender) => recordDigest(records[sender] ?? new Uint8Array())),
  )
  const paths = inclusionPaths(leaves, [0, 1])
  const { publicKey, sign } = authority()
  const signature = sign(GENESIS_CONTEXT, genesisContent(membership))
  const bytes = encodeBundle({
    genesis: encode(membershipCodec, membership),
    genesisSignatures: encodeGenesisSignatures([{ authority: sha384(publicKey), signature }]),
    steps: [step],
    certificate,
    leaves: [first, second].map(({ block, hash }, index) => {
      const { era, epoch, view } = block
      const decision = { format: 'quorumtime-decision-1', era, epoch, view, blockHash: hash } as const
      return { index, decision, path: paths[index] ?? [] }
    }),
    records,
    eventLogs: [],
  })
  return new Map([['attested/bundle.cbor', bytes]])
}

function recordOf({ cluster, members }: Membership, id: number, hash: Uint8Array): Uint8Array {
  const { name = '', signingKey = new Uint8Array() } = members[id] ?? {}
  const tpm = vectorTpm(id)
  const keyHash = sha384(signingKey)
  const signer = authority()
  const told = { authority: sha384(signer.publicKey), fleet: 'vectors', node: name, keyHash }
  const enrolment = signEnrolment(enrolmentOf(tpm, told), signer)
  const statement = { cluster, member: id, name, keyHash, certificate: { height: 2, hash }, enrolment }
  return recordBytes(statement, { qualifiedSigner: tpm.key.qualifiedName ?? new Uint8Array() }, tpm)
}

/** Its key is 32 times the byte id + 1, and its nonces are made of key and message: ECDSA that comes out the same each time. */
function vectorTpm(id: number): SoftTpm {
  const key = new Uint8Array(32).fill(id + 1)
  const { x, y } = pointOf(key)
  return softTpmOf(id, x, y, (message) => {
    const nonce = sha256(concatBytes(key, message))
    const k = BigInt(`0x${nonce.toHex()}`)
    const r = BigInt(`0x${pointOf(nonce).x.toHex()}`) % ORDER
    const s = (inverse(k) * (BigInt(`0x${sha256(message).toHex()}`) + r * BigInt(`0x${key.toHex()}`))) % ORDER
    return Uint8Array.fromHex([r, s].map((number) => number.toString(16).padStart(64, '0')).join(''))
  })
}

function pointOf(scalar: Uint8Array): { readonly x: Uint8Array; readonly y: Uint8Array } {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(scalar)
  const point = new Uint8Array(curve.getPublicKey())
  return { x: point.subarray(1, 33), y: point.subarray(33) }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** By Fermat: the order is prime. */
function inverse(number: bigint): bigint {
  let [result, base, exponent] = [1n, number % ORDER, ORDER - 2n]
  for (; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % ORDER
    base = (base * base) % ORDER
  }
  return result
}
