import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { type AttestationPolicy, DEFAULT_POLICY, decodePolicy, encodePolicy, uncheckedBy } from './policy.ts'

const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const STRICT: AttestationPolicy = {
  ...DEFAULT_POLICY,
  onFailure: 'refuse',
  unattested: 'refuse',
  registers: [
    { pcr: 0, values: [digest(1), digest(2)] },
    { pcr: 7, values: [digest(0)] },
  ],
  loggedPcrs: [0, 4],
  firmwareVersions: [1n, 0xffff_ffff_ffff_ffffn],
  softwareDigests: [new Uint8Array(48), new Uint8Array(48).fill(1)],
  unsafeClock: 'accept',
}

test('a policy is read as it was written', () => {
  for (const policy of [DEFAULT_POLICY, STRICT]) assert.deepEqual(unwrap(decodePolicy(encodePolicy(policy))), policy)
})

test('a policy tells what it does not ask about', () => {
  assert.deepEqual(uncheckedBy(DEFAULT_POLICY), ['registers', 'tpm-firmware', 'software'])
  assert.deepEqual(uncheckedBy(STRICT), ['registers'])
  const registers = DEFAULT_POLICY.selection.pcrs.map((pcr) => ({ pcr, values: [digest(1)] }))
  assert.deepEqual(uncheckedBy({ ...STRICT, registers }), [])
})

/** What would ask for something that is never met, or say one thing in two ways. */
const WRONG: readonly (readonly [what: string, code: string, changes: Partial<AttestationPolicy>])[] = [
  ['no register', 'encoding.value', { selection: { ...DEFAULT_POLICY.selection, pcrs: [] } }],
  ['registers out of order', 'encoding.rule', { selection: { ...DEFAULT_POLICY.selection, pcrs: [1, 0] } }],
  ['an age of less than a second', 'encoding.value', { ageNsMax: 1n }],
  ['a rule for a register that is not quoted', 'encoding.rule', { registers: [{ pcr: 9, values: [digest(1)] }] }],
  ['two rules for one register', 'encoding.rule', { registers: [STRICT.registers[0]!, STRICT.registers[0]!] }],
  ['a rule without a value', 'encoding.value', { registers: [{ pcr: 0, values: [] }] }],
  ['a value of another bank', 'encoding.rule', { registers: [{ pcr: 0, values: [new Uint8Array(48)] }] }],
  ['a value twice', 'encoding.rule', { registers: [{ pcr: 0, values: [digest(1), digest(1)] }] }],
  ['a log for a register that is not quoted', 'encoding.rule', { loggedPcrs: [9] }],
  ['a list of no firmware', 'encoding.value', { firmwareVersions: [] }],
  ['firmwares out of order', 'encoding.rule', { firmwareVersions: [2n, 1n] }],
  ['a list of no package', 'encoding.value', { softwareDigests: [] }],
  ['a package twice', 'encoding.rule', { softwareDigests: [new Uint8Array(48), new Uint8Array(48)] }],
]

for (const [what, code, changes] of WRONG) {
  test(`${what} is ${code}`, () => {
    assert.equal(
      faultOf(decodePolicy(encodePolicy({ ...STRICT, registers: [], loggedPcrs: [], ...changes }))).code,
      code,
    )
  })
}
