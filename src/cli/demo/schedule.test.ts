import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../../test/support/results.ts'
import { createAppointmentBook, parseAppointment } from './schedule.ts'

test('an appointment names an appliance or the leader, and an epoch', () => {
  assert.deepEqual(unwrap(parseAppointment('2@8', '--kill', 4, true)), { who: 2, epoch: 8 })
  assert.deepEqual(unwrap(parseAppointment('leader@14', '--kill', 4, true)), { who: 'leader', epoch: 14 })
})

test('anything else is refused with the option, what was expected and what came', () => {
  for (const text of ['4@8', '2', '@8', '2@', '2@-1', 'Leader@8', '2@8.5', ' 2@8', '2@9999999999']) {
    assert.deepEqual(faultOf(parseAppointment(text, '--kill', 4, true)), {
      code: 'demo.appointment',
      message: `--kill: expected NODE@EPOCH or leader@EPOCH with a node of 0…3, got "${text}"`,
    })
  }
  assert.equal(
    faultOf(parseAppointment('leader@8', '--restart', 4, false)).message,
    '--restart: expected NODE@EPOCH with a node of 0…3, got "leader@8"',
  )
})

test('what is due for an epoch is handed out when the one before is decided, and once', () => {
  const book = createAppointmentBook(
    [
      { who: 2, epoch: 8 },
      { who: 'leader', epoch: 8 },
    ],
    [{ who: 2, epoch: 14 }],
  )
  assert.deepEqual(book.due(6), [])
  assert.deepEqual(book.due(7), [
    { who: 2, epoch: 8, verb: 'kill' },
    { who: 'leader', epoch: 8, verb: 'kill' },
  ])
  assert.deepEqual(book.due(7), [])
  // Epochs may be skipped.
  assert.deepEqual(book.due(40), [{ who: 2, epoch: 14, verb: 'restart' }])
  assert.deepEqual(book.due(41), [])
})
