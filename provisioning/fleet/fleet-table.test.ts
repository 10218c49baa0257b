import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import type { FleetAnswer, FleetMember } from './fleet-answer.ts'
import { fleetRows, tableLines } from './fleet-table.ts'

function told(member: string, verdict: FleetMember['verdict'], ...reasons: readonly string[]): FleetMember {
  return {
    member,
    verdict,
    reasons: reasons.map((message) => ({ code: 'record.stale', message })),
    ageNs: '90000000000',
    provider: 'tpm2',
    tpm: { firmware: '2019102300163636', resetCount: 3, restartCount: 0 },
    key: 'ab'.repeat(48),
    enrolment: { serial: 7, attestationKey: `000b${'cd'.repeat(32)}`, endorsement: 'ef'.repeat(48) },
    software: null,
    configuration: null,
    inventory: [{ part: 'instrument', name: 'gpsdo0', kind: 'smartclock', serialNumber: '3928' }],
  }
}

function answer(node: string, ...members: readonly FleetMember[]): FleetAnswer {
  return { node, terms: { fleet: 'racks' }, members: [...members] }
}

test('every appliance has the worst that anybody says of it, with who says so', () => {
  const rows = unwrap(
    fleetRows([
      answer('ts0', told('ts1', 'verified'), told('ts2', 'flagged', 'expected a younger record')),
      answer('ts1', told('ts0', 'verified'), told('ts2', 'verified')),
    ]),
  )
  assert.deepEqual(
    rows.map(({ name, verdict, judges }) => [name, verdict, judges.join()]),
    [
      ['ts0', 'verified', 'ts1'],
      ['ts1', 'verified', 'ts0'],
      ['ts2', 'flagged', 'ts0,ts1'],
    ],
  )
  const lines = tableLines(rows)
  assert.match(
    lines.join('\n'),
    /^ts0 +verified +90 s +abababababab +cdcdcdcdcdcd +7 +2019102300163636 +3\/0 +- +- +ts1$/m,
  )
  assert.match(
    lines.join('\n'),
    /^ {2}ts0: expected a younger record\n {2}instrument gpsdo0: smartclock, serial 3928$/m,
  )
})

test('an appliance that only it itself speaks for is not verified', () => {
  const rows = unwrap(fleetRows([answer('ts0', told('ts1', 'verified'))]))
  assert.deepEqual(
    rows.map(({ name, verdict }) => [name, verdict]),
    [
      ['ts0', 'unjudged'],
      ['ts1', 'verified'],
    ],
  )
})

test('a membership without attestation verifies nobody', () => {
  assert.equal(faultOf(fleetRows([{ ...answer('ts0'), terms: null }])).code, 'fleet.no-terms')
})
