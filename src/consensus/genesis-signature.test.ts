import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership } from '../../test/support/proposals.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { decode, encode } from '../core/encoding.ts'
import { sha384 } from '../core/hash.ts'
import { selectMlDsa } from '../crypto/select.ts'
import type { Signer } from '../crypto/signature.ts'
import {
  encodeGenesisSignatures,
  GENESIS_CONTEXT,
  genesisContent,
  genesisSignaturesCodec,
  verifyGenesisSignatures,
} from './genesis-signature.ts'
import type { Membership } from './membership.ts'

const mlDsa = selectMlDsa()
const verify = mlDsa.verifier.verifySync
const signerOf = (byte: number): Signer => mlDsa.createSigner(new Uint8Array(32).fill(byte))
const [ADA, GRACE, STRANGER] = [signerOf(1), signerOf(2), signerOf(3)]
const GENESIS = sampleMembership(4)

function signed(by: readonly Signer[], genesis: Membership = GENESIS, context = GENESIS_CONTEXT): Uint8Array {
  return encodeGenesisSignatures(
    by.map(({ publicKey, sign }) => ({
      authority: sha384(publicKey),
      signature: sign(context, genesisContent(genesis)),
    })),
  )
}

const keys = [ADA.publicKey, GRACE.publicKey]
const codeOf = (bytes: Uint8Array, genesis = GENESIS): string =>
  faultOf(verifyGenesisSignatures(bytes, genesis, keys, verify)).code

test('a genesis counts by the signature of one of its authorities', () => {
  assert.deepEqual(unwrap(verifyGenesisSignatures(signed([ADA]), GENESIS, keys, verify)), [ADA.publicKey])
  const both = unwrap(verifyGenesisSignatures(signed([GRACE, ADA, STRANGER]), GENESIS, keys, verify))
  assert.equal(both.length, 2)
})

test('no signature, one of somebody else, of another genesis or of another kind is none', () => {
  assert.equal(codeOf(signed([STRANGER])), 'genesis.unsigned')
  assert.equal(codeOf(signed([ADA]), { ...GENESIS, cluster: 'other' }), 'genesis.signature')
  assert.equal(codeOf(signed([ADA]), { ...GENESIS, targetPrecisionNs: 7n }), 'genesis.signature')
  assert.equal(codeOf(signed([ADA], GENESIS, 'quorumtime/v1/enrolment')), 'genesis.signature')
  assert.equal(codeOf(signed([ADA]).with(200, 1).with(201, 2)), 'genesis.signature')
  assert.equal(codeOf(new Uint8Array()), 'encoding.cbor')
})

test('one file stands for one list: sorted, each authority once', () => {
  const [first, second] = unwrap(decode(genesisSignaturesCodec, signed([ADA, GRACE]), 'signatures')).signatures
  assert.ok(first && second)
  const of = (signatures: readonly (typeof first)[]): Uint8Array =>
    encode(genesisSignaturesCodec, { format: 'quorumtime-genesis-signatures-1', signatures })
  assert.equal(codeOf(of([second, first])), 'encoding.rule')
  assert.equal(codeOf(of([first, first])), 'encoding.rule')
  assert.ok(verifyGenesisSignatures(of([first, second]), GENESIS, keys, verify).ok)
})
