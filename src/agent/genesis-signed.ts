import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readNamedFile } from '../config/read-file.ts'
import {
  GENESIS_SIGNATURES_BYTES_MAX,
  type VerifySync,
  verifyGenesisSignatures,
} from '../consensus/genesis-signature.ts'
import type { Membership } from '../consensus/membership.ts'
import { fail, ok, type Result } from '../core/fault.ts'

/**
 * Whether one of its authorities stands by a genesis that asks for attestation: by `genesis.signatures.cbor`, beside it. Who put
 * another genesis in its place would choose who vouches for whom. A genesis that asks for nothing needs no signature.
 * Faults: `genesis.unsigned`, `genesis.signature`, `file.unreadable`, `encoding.*`.
 */
export function checkGenesisSigned(genesisPath: string, genesis: Membership, verify: VerifySync): Result<void> {
  if (genesis.attestation === undefined) return ok(undefined)
  const path = join(dirname(genesisPath), 'genesis.signatures.cbor')
  if (!existsSync(path)) {
    return fail(
      'genesis.unsigned',
      `${path}: expected a signature by an authority of the genesis, which asks for attestation, got no file; provisioning/cluster-genesis makes it`,
    )
  }
  const bytes = readNamedFile(path, { what: 'the signatures of a genesis', bytesMax: GENESIS_SIGNATURES_BYTES_MAX })
  if (!bytes.ok) return bytes
  const verified = verifyGenesisSignatures(bytes.value, genesis, genesis.attestation.authorities, verify)
  return verified.ok ? ok(undefined) : fail(verified.fault.code, `${path}: ${verified.fault.message}`)
}
