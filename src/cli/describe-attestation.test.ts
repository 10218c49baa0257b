import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeAttestation } from './describe-attestation.ts'

const PART = { part: 'instrument', name: 'gpsdo0', kind: 'smartclock', serialNumber: '3625A01487', firmware: '3543B-A' }
const OWN = {
  provider: 'tpm2',
  shownProvider: 'tpm2',
  digest: 'ab',
  ageMs: 4_400,
  failure: { code: 'tpm.silent', message: 'TPM2_Quote: expected a response within 30000 ms, got none' },
  softwareDigest: 'cd',
  inventory: [PART],
}

test('every appliance is told with what its record is worth, why, how old it is, and its parts', () => {
  const lines = describeAttestation({
    node: 'ts0',
    own: OWN,
    terms: { fleet: 'racks', onFailure: 'flag', ageNsMax: '1800000000000' },
    members: [
      {
        member: 'ts1',
        verdict: 'verified',
        reasons: [],
        unchecked: ['registers', 'software'],
        provider: 'tpm2',
        ageNs: '24000000000',
        tpm: { firmware: '2019102300163636', resetCount: 2 },
        inventory: [PART],
      },
      {
        member: 'ts2',
        verdict: 'flagged',
        reasons: [{ code: 'record.absent', message: 'record: expected one, got none' }],
        unchecked: [],
        provider: null,
        ageNs: null,
        tpm: null,
        inventory: [],
      },
    ],
  })
  assert.deepEqual(lines, [
    'ts0: fleet "racks", at most 1800 s old, else flag',
    'own: provider tpm2, shows a record of tpm2, made 4 s ago',
    '  tpm.silent: TPM2_Quote: expected a response within 30000 ms, got none',
    '  software cd',
    '  instrument gpsdo0: smartclock, serial 3625A01487, firmware 3543B-A',
    'ts1: verified, tpm2, firmware 2019102300163636, reset 2 times, 24 s old',
    '  not asked about: registers, software',
    '  instrument gpsdo0: smartclock, serial 3625A01487, firmware 3543B-A',
    'ts2: flagged',
    '  record.absent: record: expected one, got none',
  ])
})

test('where nobody asks for anything that is said', () => {
  const own = {
    ...OWN,
    shownProvider: null,
    digest: null,
    ageMs: null,
    failure: null,
    softwareDigest: null,
    inventory: [],
  }
  assert.deepEqual(describeAttestation({ node: 'ts0', own, terms: null, members: [] }), [
    'ts0: the membership asks for no attestation',
    'own: provider tpm2, shows no record yet',
    '  software unknown',
  ])
})
