import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { takeAnswer } from './answers.ts'
import { NO_READINGS, stateOf } from './health.ts'
import {
  parseCount,
  parseFlag,
  parseIdentity,
  parseReals,
  parseTime,
  parseWord,
  QUERIES,
  type QueryName,
  setSteering,
} from './protocol.ts'

test('the forms of the manual and of those who read units are read', () => {
  assert.deepEqual(unwrap(parseTime('+12,+34,+56')), { hour: 12, minute: 34, second: 56 })
  assert.deepEqual(unwrap(parseTime('23,59,60')), { hour: 23, minute: 59, second: 60 })
  assert.equal(unwrap(parseCount('+61055')), 61_055)
  assert.deepEqual([unwrap(parseFlag('1')), unwrap(parseFlag('OFF')), unwrap(parseFlag('ON'))], [true, false, true])
  assert.equal(unwrap(parseWord('"AC"', ['AC', 'DC'])), 'AC')
  assert.deepEqual(unwrap(parseReals('+5.100E+000,1.22E1,-12.3', 3)), [5.1, 12.2, -12.3])
  assert.equal(unwrap(parseIdentity('HEWLETT-PACKARD,5071A,3249A01234,3416')).model, '5071A')
})

test('what has not the form is a fault that says what was expected and what came', () => {
  assert.equal(faultOf(parseTime('+24,+00,+00')).message, 'expected a time like +12,+34,+56, got "+24,+00,+00"')
  for (const text of ['+12,+34', '+12,+34,+61', '12:34:56', '-1,+0,+0', '']) assert.ok(!parseTime(text).ok, text)
  for (const text of ['1.2.3', 'NaN', 'Infinity', '+', '1E', '', '1,2']) assert.ok(!parseReals(text, 1).ok, text)
  assert.equal(faultOf(parseWord('ac', ['AC', 'DC'])).code, 'hp5071a.reply')
})

test('the state is known by its words, and a text that names none is none', () => {
  assert.equal(stateOf('Operating normally'), 'normal')
  for (const [text, state] of [
    ['Warming up', 'warm-up'],
    ['Standby mode', 'standby'],
    ['Fatal error', 'fatal'],
    ['Operating with warning', 'warning'],
    ['Happy', 'unknown'],
  ] as const) {
    assert.equal(stateOf(text), state)
  }
})

test('no text makes an answer throw, or puts a number there that is none', () => {
  const names = Object.keys(QUERIES) as QueryName[]
  const text = fc.oneof(fc.string({ maxLength: 60 }), fc.stringMatching(/^["+\-\d.,E]{0,40}$/))
  fc.assert(
    fc.property(fc.constantFrom(...names), text, (name, given) => {
      const taken = takeAnswer(name, given, NO_READINGS)
      if (taken?.ok !== true) return
      for (const value of Object.values(taken.value.details)) {
        if (typeof value === 'number') assert.ok(Number.isFinite(value))
      }
    }),
    { numRuns: 2_000 },
  )
})

test('values beyond their limits are complained of until they are within them again', () => {
  const low = unwrap(takeAnswer('beam', '+1.000E-009', NO_READINGS) ?? assert.fail())
  assert.deepEqual(low.complaints, { beam: 'beamNanoamperes: expected at least 5, got 1' })
  const well = unwrap(takeAnswer('beam', '+2.010E-008', low) ?? assert.fail())
  assert.deepEqual([well.complaints, well.details['beamNanoamperes']], [{}, 20.1])
  const high = unwrap(takeAnswer('multiplier', '-2.490E+003', well) ?? assert.fail())
  assert.deepEqual(high.complaints, { multiplier: 'multiplierVolts: expected at most 2450, got -2490' })
})

test('a frequency offset is written as a fraction', () => {
  assert.equal(setSteering(150).command, 'ROSC:STE 1.500E-13')
  assert.equal(setSteering(-10).command, 'ROSC:STE -1.000E-14')
  assert.equal(setSteering(0).command, 'ROSC:STE 0.000E+0')
})
