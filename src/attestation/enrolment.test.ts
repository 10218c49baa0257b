import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode as decodeCbor } from 'cborg'
import fc from 'fast-check'
import {
  AUTHORITY,
  CRYPTO,
  ENROLMENT,
  enrolmentOf,
  STRANGER,
  signEnrolment,
  TPM,
} from '../../test/support/attestation-records.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { decode, encode } from '../core/encoding.ts'
import {
  ENROLMENT_BYTES_MAX,
  ENROLMENT_CONTEXT,
  type EnrolmentTrust,
  signedEnrolmentCodec,
  verifyEnrolment,
} from './enrolment.ts'

const TRUST: EnrolmentTrust = { fleet: 'racks', authorities: [STRANGER.publicKey, AUTHORITY.publicKey] }

test('an enrolment that one of several authorities has signed says what it said', () => {
  assert.deepEqual(unwrap(verifyEnrolment(ENROLMENT, TRUST, CRYPTO)), enrolmentOf(TPM))
  assert.ok(ENROLMENT.length <= ENROLMENT_BYTES_MAX)
})

test('what is signed is an array of twelve that any CBOR reader reads', () => {
  const { content } = unwrap(decode(signedEnrolmentCodec, ENROLMENT, 'enrolment'))
  const array = decodeCbor(content) as readonly unknown[]
  assert.equal(array.length, 12)
  assert.deepEqual([array[0], array[2], array[3], array[4]], ['quorumtime-enrolment-1', 'racks', 'node-b', 5])
})

test('a signature under another context is none, and nor is one without an authority', () => {
  const { content } = unwrap(decode(signedEnrolmentCodec, ENROLMENT, 'enrolment'))
  for (const context of ['quorumtime/v1/membership', '']) {
    const bytes = encode(signedEnrolmentCodec, { content, signature: AUTHORITY.sign(context, content) })
    assert.equal(faultOf(verifyEnrolment(bytes, TRUST, CRYPTO)).code, 'enrolment.signature')
  }
  const again = encode(signedEnrolmentCodec, { content, signature: AUTHORITY.sign(ENROLMENT_CONTEXT, content) })
  unwrap(verifyEnrolment(again, TRUST, CRYPTO))
  const nobody = { ...TRUST, authorities: [] }
  assert.equal(faultOf(verifyEnrolment(ENROLMENT, nobody, CRYPTO)).code, 'enrolment.authority')
})

test('an authority that enrols a key which is no attestation key is not believed', () => {
  const named = { ...TPM.key, name: Uint8Array.of(0, 11) }
  const bytes = signEnrolment(enrolmentOf({ ...TPM, key: named }))
  assert.equal(faultOf(verifyEnrolment(bytes, TRUST, CRYPTO)).code, 'quote.ak-name')
})

test('any bytes are an enrolment that was signed, or a fault', () => {
  fc.assert(
    fc.property(fc.nat(ENROLMENT.length - 1), fc.uint8Array({ maxLength: 8 }), (at, put) => {
      const bytes = Uint8Array.of(...ENROLMENT.subarray(0, at), ...put)
      assert.equal(verifyEnrolment(bytes, TRUST, CRYPTO).ok, false)
    }),
  )
})
