import { encodeGenesisSignatures, GENESIS_CONTEXT, genesisContent } from '../../src/consensus/genesis-signature.ts'
import { type Membership, membershipCodec, membershipHash } from '../../src/consensus/membership.ts'
import { toHex } from '../../src/core/bytes.ts'
import { decode, encode } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { Authority } from './authority.ts'
import { base64Of, bytesOf, genesisOf } from './ledger-view.ts'

/** The genesis that this authority has signed for a cluster of that name, undefined before. */
export function signedGenesis({ ledger }: Authority, cluster: string): Result<Membership | undefined> {
  const entry = genesisOf(ledger.entries, cluster)
  return entry === undefined ? ok(undefined) : decode(membershipCodec, bytesOf(entry.genesis), 'ledger.genesis')
}

/**
 * Whether the authority stands by this genesis, or could: it has signed no other for a cluster of that name. Fault:
 * `authority.genesis`.
 */
export function checkUnsigned({ ledger }: Authority, genesis: Membership): Result<void> {
  const entry = genesisOf(ledger.entries, genesis.cluster)
  const hash = toHex(membershipHash(genesis))
  if (entry === undefined || entry.membership === hash) return ok(undefined)
  return fail(
    'authority.genesis',
    `genesis of "${genesis.cluster}": expected membership ${entry.membership.slice(0, 12)}, which this authority has signed on ${entry.time}, got ${hash.slice(0, 12)}`,
  )
}

/**
 * `genesis.signatures.cbor`: durable in the ledger before it is handed out; the same genesis is given the same one. Faults:
 * `authority.genesis`, those of the ledger.
 */
export function signGenesis(authority: Authority, genesis: Membership): Result<Uint8Array> {
  const free = checkUnsigned(authority, genesis)
  if (!free.ok) return free
  const { keyHash, signer, ledger } = authority
  const known = genesisOf(ledger.entries, genesis.cluster)
  if (known !== undefined) return ok(bytesOf(known.signatures))
  const signature = signer.sign(GENESIS_CONTEXT, genesisContent(genesis))
  const bytes = encodeGenesisSignatures([{ authority: keyHash, signature }])
  const appended = ledger.append({
    kind: 'genesis',
    cluster: genesis.cluster,
    membership: toHex(membershipHash(genesis)),
    genesis: base64Of(encode(membershipCodec, genesis)),
    signatures: base64Of(bytes),
  })
  return appended.ok ? ok(bytes) : appended
}
