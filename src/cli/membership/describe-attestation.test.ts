import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership } from '../../../test/support/proposals.ts'
import { TEST_TERMS } from '../../../test/support/virtual-attestation.ts'
import type { AttestationPolicy } from '../../attestation/policy.ts'
import type { AttestationTerms } from '../../consensus/membership.ts'
import { attestationChanges } from './describe-attestation.ts'

function told(before: AttestationTerms | undefined, after: AttestationTerms | undefined): readonly string[] {
  return attestationChanges(sampleMembership(1, { attestation: before }), sampleMembership(1, { attestation: after }))
}

function withPolicy(changes: Partial<AttestationPolicy>): AttestationTerms {
  return { ...TEST_TERMS, policy: { ...TEST_TERMS.policy, ...changes } }
}

test('who is asked from now on is told in full what for, and who is asked no more is told that', () => {
  assert.deepEqual(told(undefined, undefined), [])
  assert.deepEqual(told(TEST_TERMS, TEST_TERMS), [])
  assert.deepEqual(told(TEST_TERMS, undefined), ['asks for no attestation any more'])
  const [first, ...lines] = told(undefined, TEST_TERMS)
  assert.equal(first, 'asks for attestation')
  assert.equal(lines[0], 'attestation fleet: test')
  assert.match(lines[1] ?? '', /^attestation authorities: [0-9a-f]{96}$/)
  assert.deepEqual(lines.slice(2), [
    'attestation onFailure: refuse',
    'attestation unattested: accept',
    'attestation ageNsMax: 1800000000000',
    'attestation selection: sha256:0,1,2,3,4,5,6,7',
    'attestation registers: any values',
    'attestation loggedPcrs: none',
    'attestation firmwareVersions: any',
    'attestation softwareDigests: any',
    'attestation unsafeClock: refuse',
  ])
})

test('of a policy that changes each rule is told that does, values to their last digit', () => {
  assert.deepEqual(told(TEST_TERMS, withPolicy({ onFailure: 'flag' })), ['attestation onFailure: refuse → flag'])
  const value = (last: number): Uint8Array => new Uint8Array(32).with(31, last)
  const [one, other] = [1, 2].map((last) => withPolicy({ registers: [{ pcr: 7, values: [value(last)] }] }))
  const zeros = '00'.repeat(31)
  assert.deepEqual(told(one, other), [`attestation registers: 7 is ${zeros}01 → 7 is ${zeros}02`])
  const keys = [1, 2].map((byte) => ({ ...TEST_TERMS, authorities: [new Uint8Array(2592).with(2591, byte)] }))
  assert.match(told(keys[0], keys[1])[0] ?? '', /^attestation authorities: [0-9a-f]{96} → [0-9a-f]{96}$/)
})
