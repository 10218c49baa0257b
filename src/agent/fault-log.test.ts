import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentEvent } from './agent-event.ts'
import { createFaultLog } from './fault-log.ts'

function setUp() {
  const events: AgentEvent[] = []
  const faults = createFaultLog((event) => events.push(event))
  return { faults, alarms: () => events.flatMap((event) => (event.type === 'alarm' ? [event.message] : [])) }
}

test('the first, tenth, hundredth … fault of a kind is told, with how often it has been', () => {
  const { faults, alarms } = setUp()
  for (let count = 1; count <= 1_234; count++)
    faults.note('source gnss0', { code: 'nmea.checksum', message: `number ${count}` })
  assert.deepEqual(alarms(), [
    'source gnss0: number 1',
    'source gnss0: number 10 (10 times)',
    'source gnss0: number 100 (100 times)',
    'source gnss0: number 1000 (1000 times)',
  ])
  assert.deepEqual(faults.counts(), { 'source gnss0 nmea.checksum': 1_234 })
})

test('kinds are told apart by who and by code, not by what the message says', () => {
  const { faults, alarms } = setUp()
  faults.note('peer ts1', { code: 'message.signature', message: 'one' })
  faults.note('peer ts2', { code: 'message.signature', message: 'two' })
  faults.note('peer ts1', { code: 'message.cluster', message: 'three' })
  faults.note('peer ts1', { code: 'message.signature', message: 'four' })
  assert.deepEqual(alarms(), ['peer ts1: one', 'peer ts2: two', 'peer ts1: three'])
})

test('what is only counted is never told', () => {
  const { faults, alarms } = setUp()
  for (let count = 0; count < 10; count++) faults.count('ranging', 'ranging.mac')
  assert.deepEqual(alarms(), [])
  assert.deepEqual(faults.counts(), { 'ranging ranging.mac': 10 })
})

test('there is room for a thousand kinds, and those that are known go on counting', () => {
  const { faults, alarms } = setUp()
  for (let kind = 0; kind < 1_200; kind++) faults.note('source', { code: `code-${kind}`, message: 'm' })
  assert.equal(Object.keys(faults.counts()).length, 1_000)
  assert.equal(alarms().length, 1_000)
  for (let count = 1; count < 10; count++) faults.note('source', { code: 'code-7', message: 'm' })
  assert.equal(faults.counts()['source code-7'], 10)
  assert.equal(alarms().at(-1), 'source: m (10 times)')
})
