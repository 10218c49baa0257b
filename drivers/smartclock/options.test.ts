import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from './options.ts'

function refusal(input: unknown): string {
  const parsed = parseOptions(input, 'sources[2].options')
  assert.ok(!parsed.ok)
  assert.equal(parsed.fault.code, 'config.value')
  return parsed.fault.message
}

test('nothing has to be given', () => {
  const parsed = parseOptions({}, 'options')
  assert.ok(parsed.ok)
  assert.equal(parsed.value.weekRollover, 'report')
  assert.equal(parsed.value.floorDate, '2025-01-01')
  assert.deepEqual(parsed.value.emulator, {
    model: 'Z3805A',
    echo: true,
    baudRate: 9600,
    timeCodeFormat: 'T2',
    powerUpSeconds: 3,
    stabilizeSeconds: 20,
    recoverySeconds: 10,
    pulseNoiseNs: 20,
    holdoverDriftPpb: 0.5,
  })
})

test('what is wrong is told with its place, what was expected and what came', () => {
  assert.equal(
    refusal({ weekRollover: 'fix' }),
    'sources[2].options.weekRollover: expected one of report, repair, got "fix"',
  )
  assert.equal(
    refusal({ emulator: { baudRate: 38_400 } }),
    'sources[2].options.emulator.baudRate: expected one of 1200, 2400, 9600, 19200, got 38400',
  )
  assert.equal(
    refusal({ emulator: { noise: 1 } }),
    'sources[2].options.emulator.noise: expected one of model, echo, baudRate, timeCodeFormat, powerUpSeconds, stabilizeSeconds, recoverySeconds, pulseNoiseNs, holdoverDriftPpb, got an unknown key',
  )
  assert.equal(
    refusal({ floorDate: '1979-12-31' }),
    'sources[2].options.floorDate: expected a date since 1980-01-06, where GPS time begins, or null, got "1979-12-31"',
  )
  assert.equal(
    refusal({ floorDate: 2025 }),
    'sources[2].options.floorDate: expected a date like 2025-01-01, or null, got 2025',
  )
  assert.equal(refusal(7), 'sources[2].options: expected a table, got 7')
})

test('a repair needs a date to repair from', () => {
  assert.ok(parseOptions({ floorDate: null }, 'options').ok)
  assert.equal(
    refusal({ weekRollover: 'repair', floorDate: null }),
    'sources[2].options.floorDate: expected a date, from which the rollover is repaired, got null',
  )
})
