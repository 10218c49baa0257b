import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_POLICY } from '../src/attestation/policy.ts'
import { faultOf, unwrap } from '../test/support/results.ts'
import { policyOf } from './attestation-plan.ts'
import { checkClusterPlan } from './cluster-plan.ts'

function planOf(attestation: object | undefined, tpm?: object) {
  const appliances = [
    { name: 'ts0', site: 'hall', address: '192.0.2.1', sources: [], ...(tpm === undefined ? {} : { tpm }) },
  ]
  return checkClusterPlan(
    { cluster: 'rack', appliances, ...(attestation === undefined ? {} : { attestation }) },
    'plan',
  )
}

function complaint(attestation: object | undefined, tpm?: object): string {
  return faultOf(planOf(attestation, tpm)).message
}

test('a table that says nothing asks for what the default policy asks for', () => {
  const { attestation } = unwrap(planOf({}))
  assert.ok(attestation)
  assert.deepEqual(unwrap(policyOf(attestation)), DEFAULT_POLICY)
})

test('what a table says stands in the policy, in its order', () => {
  const [low, high] = ['00'.repeat(32), 'ff'.repeat(32)]
  const { attestation } = unwrap(
    planOf({
      onFailure: 'refuse',
      ageMinutesMax: 15,
      pcrs: [7, 0],
      registers: [{ pcr: 7, values: [high, low] }],
      firmwareVersions: ['0x2', '0x1'],
      softwareDigests: ['ab'.repeat(48)],
      loggedPcrs: [7],
    }),
  )
  assert.ok(attestation)
  const policy = unwrap(policyOf(attestation))
  assert.deepEqual(policy.selection.pcrs, [0, 7])
  assert.deepEqual(policy.registers, [{ pcr: 7, values: [Uint8Array.fromHex(low), Uint8Array.fromHex(high)] }])
  assert.deepEqual([policy.ageNsMax, policy.firmwareVersions], [900_000_000_000n, [1n, 2n]])
})

test('a rule that could never be met, or a TPM that nobody asks for, is told where it stands', () => {
  assert.match(
    complaint({ registers: [{ pcr: 9, values: ['00'.repeat(32)] }] }),
    /^plan: attestation: .*of the selection alone/,
  )
  assert.match(
    complaint({ registers: [{ pcr: 7, values: ['00'.repeat(48)] }] }),
    /^plan: attestation: .*values of 32 bytes/,
  )
  assert.match(
    complaint({ onFailure: 'ignore' }),
    /^plan: attestation\.onFailure: expected one of refuse, flag, got "ignore"/,
  )
  assert.match(complaint(undefined, {}), /^plan: appliances\[0\]\.tpm: expected none in a plan without/)
  assert.match(
    complaint({}, { device: '/dev/tpm0', swtpm: '/s' }),
    /^plan: appliances\[0\]\.tpm\.swtpm: expected none beside/,
  )
})
