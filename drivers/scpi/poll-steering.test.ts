import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fail, ok } from '../../src/core/fault.ts'
import { nextStep, noteSession, type PollSteering, startOrder } from './poll-steering.ts'
import type { ScpiRequest } from './session.ts'

const request = (command: string): ScpiRequest => ({ command, replyWithinNs: 1n, accepts: () => true })

const STEERING: PollSteering<'tuning'> = {
  kind: 'unit',
  readBack: 'tuning',
  write: ({ fractionE15 }) =>
    fractionE15 > 10n
      ? fail('unit.steering', 'too far')
      : ok({ requests: [request('A'), request('B')], expectedE15: fractionE15 }),
  read: () => undefined,
}

function started() {
  const order = startOrder(STEERING, { fractionE15: 7n })
  assert.ok(order.ok)
  return order.value
}

test('all requests go out in order, then what came of them is read back', () => {
  const order = started()
  const steps = [nextStep(order), nextStep(order), nextStep(order)]
  assert.deepEqual(
    steps.map((step) => (step.kind === 'write' ? step.request.command : step.kind)),
    ['A', 'B', 'read-back'],
  )
  assert.deepEqual(order.readBack(7n), { done: true, fault: undefined })
})

test('what is not read back is written again, three times in all, each with a fault', () => {
  const order = started()
  for (const tried of [1, 2, 3]) {
    nextStep(order)
    nextStep(order)
    order.answered(undefined, 101)
    const { done, fault } = order.readBack(tried === 2 ? undefined : 6n)
    assert.equal(done, tried === 3)
    assert.equal(fault?.code, 'unit.steering')
    assert.match(fault?.message ?? '', new RegExp(`7e-15.*error 101, try ${tried} of 3`))
  }
})

test('an order whose question and answer came apart begins anew, and one too far never begins', () => {
  const order = started()
  nextStep(order)
  noteSession(order)
  const step = nextStep(order)
  assert.ok(step.kind === 'write' && step.request.command === 'A')
  assert.ok(!startOrder(STEERING, { fractionE15: 11n }).ok)
  assert.equal(nextStep(undefined).kind, 'none')
})
