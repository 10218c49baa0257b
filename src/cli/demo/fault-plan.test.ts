import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../../test/support/results.ts'
import { createFaultBook, parsePlannedFault } from './fault-plan.ts'

const KNOWN = { gnss0: ['silence', 'line-flood'], gpsdo0: ['no-gps'] }

test('a planned fault names appliance, instrument, fault, and from when until when', () => {
  assert.deepEqual(unwrap(parsePlannedFault('2:gnss0:line-flood@8', '--fault', 4, KNOWN)), {
    node: 2,
    instrument: 'gnss0',
    name: 'line-flood',
    from: 8,
    to: undefined,
  })
  assert.equal(unwrap(parsePlannedFault('0:gpsdo0:no-gps@8-14', '--fault', 4, KNOWN)).to, 14)
})

test('anything else is refused with what was expected and what came', () => {
  for (const text of [
    '4:gnss0:silence@8',
    '2:gnss1:silence@8',
    'silence',
    '2:gnss0:silence',
    '2:gnss0:silence@8-8',
    '',
  ]) {
    assert.equal(
      faultOf(parsePlannedFault(text, '--fault', 4, KNOWN)).message,
      `--fault: expected NODE:INSTRUMENT:FAULT@EPOCH or …@EPOCH-LATER with a node of 0…3 and gnss0 or gpsdo0, got "${text}"`,
    )
  }
  assert.equal(
    faultOf(parsePlannedFault('1:gnss0:no-gps@8', '--fault', 4, KNOWN)).message,
    '--fault: expected a fault of gnss0: silence, line-flood, got no-gps',
  )
})

test('faults are switched on and off when the epoch before is decided, and once', () => {
  const fault = { node: 1, instrument: 'gnss0', name: 'silence' }
  const book = createFaultBook([{ ...fault, from: 8, to: 12 }])
  assert.deepEqual(book.due(6), [])
  assert.deepEqual(book.due(7), [{ ...fault, on: true, epoch: 8 }])
  assert.deepEqual(book.due(10), [])
  // Epochs may be skipped.
  assert.deepEqual(book.due(40), [{ ...fault, on: false, epoch: 12 }])
  assert.deepEqual(book.due(41), [])
})
