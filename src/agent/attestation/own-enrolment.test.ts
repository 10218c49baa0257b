import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { enrolmentOf, signEnrolment, TPM } from '../../../test/support/attestation-records.ts'
import { faultOf, unwrap } from '../../../test/support/results.ts'
import { sha384 } from '../../core/hash.ts'
import { selectMlDsa } from '../../crypto/select.ts'
import { enrolmentFiles, enrolmentFor, findUnenrolled } from './own-enrolment.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-enrolment-'))
after(() => rmSync(folder, { recursive: true }))

const [present, next, other] = [11, 12, 13].map((byte) => selectMlDsa().createSigner(new Uint8Array(32).fill(byte)))
assert.ok(present && next && other)
const [presentHash, nextHash] = [present, next].map(({ publicKey }) => sha384(publicKey))
assert.ok(presentHash && nextHash)

function enrolment(name: string, keyHash: Uint8Array, serial: number): string {
  const file = join(folder, name)
  writeFileSync(file, signEnrolment(enrolmentOf(TPM, { keyHash, serial })))
  return file
}

const first = enrolment('first.cbor', presentHash, 5)
const second = enrolment('second.cbor', nextHash, 6)
const gone = join(folder, 'gone.cbor')
const unexpected = (): never => assert.fail('expected nothing to be told')
const attestation = { provider: 'tpm2' as const, device: '/dev/tpmrm0', refreshMinutes: 10, enrolment: first }
const held = (...signers: readonly (typeof present)[]) => ({
  signing: signers.map((key, index) => ({ key, guard: 'tpm' as const, place: `keys/${index}` })),
})

test('the enrolment of the key that signs in the session is shown, whichever file it is in', () => {
  const files = enrolmentFiles({ enrolment: first, nextEnrolment: second })
  assert.deepEqual([unwrap(enrolmentFor(files, presentHash, unexpected)).serial, files.length], [5, 2])
  assert.equal(unwrap(enrolmentFor(files, nextHash, unexpected)).serial, 6)
  // While a rotation ends both files may be of one key, or one may have moved already.
  assert.equal(unwrap(enrolmentFor([second, second], nextHash, unexpected)).serial, 6)
  assert.equal(unwrap(enrolmentFor([second, gone], nextHash, unexpected)).serial, 6)
  assert.equal(unwrap(enrolmentFor([gone, second], nextHash, unexpected)).serial, 6)
  // One that was issued anew for the same key takes its place.
  const renewed = enrolment('renewed.cbor', presentHash, 7)
  assert.equal(unwrap(enrolmentFor([first, renewed], presentHash, unexpected)).serial, 7)
  assert.equal(unwrap(enrolmentFor([renewed, first], presentHash, unexpected)).serial, 7)
})

test('a key without an enrolment shows the one that there is, and says why that will not do', () => {
  const told: string[] = []
  const note = ({ code, message }: { code: string; message: string }): void => {
    told.push(`${code}: ${message}`)
  }
  assert.equal(unwrap(enrolmentFor([first], nextHash, note)).serial, 5)
  assert.equal(told.length, 1)
  assert.match(
    told[0] ?? '',
    /^attestation\.enrolment-key: the signing key [0-9a-f]+: expected an enrolment of this key .*, got .*first\.cbor of /,
  )
  assert.equal(faultOf(enrolmentFor([gone], nextHash, unexpected)).code, 'attestation.enrolment')
  // Of two neither of which fits, the present one's fault is told: the other one is of no use here.
  assert.match(faultOf(enrolmentFor([gone, first], nextHash, unexpected)).message, /gone\.cbor: .*got no such file$/)
})

test('a start finds each key that signs or is to and has no enrolment, and each enrolment that cannot be read', () => {
  const both = { ...attestation, nextEnrolment: second }
  assert.deepEqual(unwrap(findUnenrolled(both, held(present, next))), [])
  assert.deepEqual(unwrap(findUnenrolled(undefined, held(present))), [])
  const [fault, ...others] = unwrap(findUnenrolled(attestation, held(present, next)))
  assert.equal(fault?.code, 'attestation.enrolment-key')
  assert.match(fault.message, /^keys\/1: expected an enrolment of this key/)
  assert.deepEqual(others, [])
  assert.equal(unwrap(findUnenrolled(both, held(other))).length, 1)
  const absent = faultOf(findUnenrolled({ ...attestation, nextEnrolment: gone }, held(present)))
  assert.equal(absent.code, 'attestation.enrolment')
  assert.match(absent.message, /gone\.cbor: expected a signed enrolment, got no such file$/)
  writeFileSync(join(folder, 'cut.cbor'), signEnrolment(enrolmentOf(TPM)).subarray(0, 99))
  const cut = faultOf(findUnenrolled({ ...attestation, enrolment: join(folder, 'cut.cbor') }, held(present)))
  assert.equal(cut.code, 'attestation.enrolment')
})
