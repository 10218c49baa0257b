import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { unwrap } from '../../test/support/results.ts'
import { platformDigest } from './tpm/platform-digest.ts'
import {
  TPM_ALG_AES,
  TPM_ALG_CFB,
  TPM_ALG_ECDH,
  TPM_ALG_ECDSA,
  TPM_ALG_HMAC,
  TPM_ALG_RSAES,
  TPM_ALG_RSASSA,
} from './tpm-algorithm.ts'
import { decodePublic, encodePublic, hierarchyName, nameOf, qualifiedNameOf, type TpmPublic } from './tpm-public.ts'
import { ATTESTATION_KEY, ENDORSEMENT_KEY } from './tpm-vectors-fixture.ts'

const TPM_RH_ENDORSEMENT = 0x4000_000b

test('keys of a real TPM are read, written back, and have the Names that it gave them', () => {
  for (const { publicArea, name } of [ENDORSEMENT_KEY, ATTESTATION_KEY]) {
    const key = unwrap(decodePublic(publicArea, 'key'))
    assert.deepEqual(encodePublic(key), publicArea)
    assert.deepEqual(unwrap(nameOf(platformDigest, publicArea, key.nameHashId)), name)
  }
})

test('qualified names go from the hierarchy down to the key', () => {
  const ofEndorsement = qualifiedNameOf(platformDigest, hierarchyName(TPM_RH_ENDORSEMENT), ENDORSEMENT_KEY.name)
  assert.deepEqual(unwrap(ofEndorsement), ENDORSEMENT_KEY.qualifiedName)
  const ofAttestation = qualifiedNameOf(platformDigest, unwrap(ofEndorsement), ATTESTATION_KEY.name)
  assert.deepEqual(unwrap(ofAttestation), ATTESTATION_KEY.qualifiedName)
})

test('a Name by SHA-1, and one that is none, are refused', () => {
  for (const name of [Uint8Array.of(0, 4, 1, 2), new Uint8Array()]) {
    const result = qualifiedNameOf(platformDigest, hierarchyName(1), name)
    assert.equal(result.ok ? '' : result.fault.code, 'tpm.name-hash')
  }
})

const u16 = fc.integer({ min: 0, max: 0xffff })
const bytesUpTo = (maxLength: number) => fc.uint8Array({ maxLength })
const symmetric = fc.option(fc.record({ id: fc.constant(TPM_ALG_AES), keyBits: u16, mode: fc.constant(TPM_ALG_CFB) }), {
  nil: undefined,
})
const scheme = fc.option(
  fc.oneof(
    fc.record({ id: fc.constantFrom(TPM_ALG_RSASSA, TPM_ALG_ECDSA, TPM_ALG_ECDH, TPM_ALG_HMAC), hashId: u16 }),
    fc.constant({ id: TPM_ALG_RSAES, hashId: undefined }),
  ),
  { nil: undefined },
)
const kdf = fc.option(fc.record({ id: u16.filter((id) => id !== 0x10), hashId: u16 }), { nil: undefined })
const key: fc.Arbitrary<TpmPublic['key']> = fc.oneof(
  fc.record({
    type: fc.constant('rsa' as const),
    symmetric,
    scheme,
    keyBits: u16,
    exponent: fc.integer({ min: 0, max: 0xffff_ffff }),
    modulus: bytesUpTo(512),
  }),
  fc.record({
    type: fc.constant('ecc' as const),
    symmetric,
    scheme,
    curveId: u16,
    kdf,
    x: bytesUpTo(66),
    y: bytesUpTo(66),
  }),
  fc.record({ type: fc.constant('keyed-hash' as const), scheme, unique: bytesUpTo(64) }),
)
const publicArea: fc.Arbitrary<TpmPublic> = fc.record({
  nameHashId: u16,
  attributes: fc.integer({ min: 0, max: 0xffff_ffff }),
  authPolicy: bytesUpTo(64),
  key,
})

test('what is written is read back, and not with a byte less or more', () => {
  fc.assert(
    fc.property(publicArea, (value) => {
      const bytes = encodePublic(value)
      assert.deepEqual(unwrap(decodePublic(bytes, 'key')), structuredClone(value))
      for (const other of [bytes.subarray(0, -1), Uint8Array.from([...bytes, 0])]) {
        const result = decodePublic(other, 'key')
        assert.equal(result.ok ? '' : result.fault.code, 'tpm.encoding')
      }
    }),
  )
})

test('any bytes are a public area, the same again when written, or a fault', () => {
  const mutated = fc
    .tuple(fc.constantFrom(ENDORSEMENT_KEY.publicArea, ATTESTATION_KEY.publicArea), fc.nat(63), fc.nat(255))
    .map(([area, at, byte]) => area.with(at, byte))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 700 }), mutated), (bytes) => {
      const decoded = decodePublic(bytes, 'key')
      if (decoded.ok) assert.deepEqual(encodePublic(decoded.value), bytes)
      else assert.match(decoded.fault.message, /^key: expected .+, got .+$/)
    }),
    { numRuns: 1000 },
  )
})
