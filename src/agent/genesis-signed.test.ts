import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sampleMembership } from '../../test/support/proposals.ts'
import { faultOf } from '../../test/support/results.ts'
import { DEFAULT_POLICY } from '../attestation/policy.ts'
import { encodeGenesisSignatures, GENESIS_CONTEXT, genesisContent } from '../consensus/genesis-signature.ts'
import { sha384 } from '../core/hash.ts'
import { selectMlDsa } from '../crypto/select.ts'
import { checkGenesisSigned } from './genesis-signed.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-signed-'))
after(() => rmSync(folder, { recursive: true }))
const mlDsa = selectMlDsa()
const [authority, stranger] = [1, 2].map((byte) => mlDsa.createSigner(new Uint8Array(32).fill(byte)))
const attestation = { fleet: 'racks', authorities: [authority?.publicKey ?? new Uint8Array()], policy: DEFAULT_POLICY }
const genesis = sampleMembership(4, { attestation })
const check = (of = genesis) => checkGenesisSigned(join(folder, 'genesis.cbor'), of, mlDsa.verifier.verifySync)

function sign(by: typeof authority): void {
  assert.ok(by)
  const signature = by.sign(GENESIS_CONTEXT, genesisContent(genesis))
  const bytes = encodeGenesisSignatures([{ authority: sha384(by.publicKey), signature }])
  writeFileSync(join(folder, 'genesis.signatures.cbor'), bytes)
}

test('an agent needs the signature of an authority under a genesis that asks for attestation, and under no other', () => {
  assert.ok(check(sampleMembership(4)).ok)
  assert.match(
    faultOf(check()).message,
    /genesis\.signatures\.cbor: expected a signature by an authority .* got no file/,
  )
  sign(stranger)
  assert.equal(faultOf(check()).code, 'genesis.unsigned')
  sign(authority)
  assert.ok(check().ok)
  assert.equal(faultOf(check({ ...genesis, cluster: 'another' })).code, 'genesis.signature')
})
