import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hardwareAlarms } from './condition-registers.ts'
import { ANTENNA_DELAY_NS_MAX, controlRequest } from './control.ts'
import { SCALAR_NAMES, SCALARS, type ScalarName } from './scalars.ts'

/** Recorded from a 58503A and two Z3805A, but for the last three: the forms of the guide. */
const RECORDED: readonly (readonly [ScalarName, string, string | number | boolean])[] = [
  ['operationCondition', '+90', 90],
  ['hardwareCondition', '+0', 0],
  ['powerupCondition', '+7', 7],
  ['holdoverWaitsFor', 'NONE', 'NONE'],
  ['holdoverPredictedNs', '+4.320E-004,0', 432_000],
  ['holdoverPredictedNs', '+0.8E-006,0', 800],
  ['holdoverPresentNs', '+1.0E-006', 1000],
  ['holdoverThresholdSeconds', '+86400', 86_400],
  ['holdoverThresholdExceeded', '0', false],
  ['efcPercent', '+3.60896E+001', 36.0896],
  ['efcPercent', '-1.68528E+001', -16.8528],
  ['gpsPulseValid', '1', true],
  ['satellitesTracked', '+7', 7],
  ['satellitesPredicted', '+9', 9],
  ['positionHeld', '1', true],
  ['surveyPercent', '+1.8', 1.8],
  ['antennaDelayNs', '+7.70000E-008', 77],
  ['antennaDelayNs', '+0.00000E+000', 0],
  ['leapPending', '0', false],
  ['lampGpsLock', '1', true],
  ['logEntries', '+24', 24],
  ['leapDate', '+2016,+12,+31', '2016-12-31'],
  ['leapMinuteSeconds', '+61', 61],
  ['lifetimeCount', '+12345', 12_345],
]

for (const [name, text, value] of RECORDED) {
  test(`${SCALARS[name].request.command} takes ${text}`, () => {
    assert.ok(SCALARS[name].request.accepts([text]))
    assert.deepEqual(SCALARS[name].parse(text), { ok: true, value })
  })
}

test('no question takes the identity, a refusal’s nothing, or two lines for its answer', () => {
  for (const name of SCALAR_NAMES) {
    const { request } = SCALARS[name]
    assert.ok(!request.accepts(['HEWLETT-PACKARD,Z3805A,3625A01487,3543B-A']), name)
    assert.ok(!request.accepts([]), name)
    assert.ok(!request.accepts(['+1', '+1']), name)
  }
})

test('nothing is asked that clears, sets or tests', () => {
  for (const name of SCALAR_NAMES) {
    assert.match(SCALARS[name].request.command, /^:[A-Z:]+\?$/)
    assert.doesNotMatch(SCALARS[name].request.command, /CLS|EVEN|ESR|INIT|PRES\?.|TST|TEST|LANG|ERAS/)
  }
})

test('no text makes a parser throw', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SCALAR_NAMES), fc.string({ maxLength: 60 }), (name, text) => {
      const parsed = SCALARS[name].parse(text)
      assert.ok(parsed.ok || /^(smartclock\.reply|scpi\.value)$/.test(parsed.fault.code))
    }),
  )
})

test('the bits of the hardware register are alarms with reasons', () => {
  assert.deepEqual([...hardwareAlarms(0)], [])
  assert.deepEqual([...hardwareAlarms(1 << 5)], [])
  assert.deepEqual([...hardwareAlarms((1 << 1) | (1 << 3)).keys()], ['smartclock.supply'])
  assert.match(hardwareAlarms(0b1010).get('smartclock.supply') ?? '', /\+15 V .+, the \+5 V/)
  assert.equal(hardwareAlarms(0x1fff).size, 10)
})

test('the orders are four, and none of them is dangerous', () => {
  const commands = (
    [
      { name: 'holdover-initiate' },
      { name: 'recovery-initiate' },
      { name: 'synchronize' },
      { name: 'antenna-delay', delayNs: -12 },
    ] as const
  ).map((command) => {
    const request = controlRequest(command)
    assert.ok(request.ok)
    return request.value.command
  })
  assert.deepEqual(commands, [':SYNC:HOLD:INIT', ':SYNC:HOLD:REC:INIT', ':SYNC:IMM', ':GPS:REF:ADEL -12 NS'])
  for (const delayNs of [ANTENNA_DELAY_NS_MAX + 1, 1.5, Number.NaN]) {
    assert.ok(!controlRequest({ name: 'antenna-delay', delayNs }).ok)
  }
})
