import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBeat } from './beat.ts'

test('all listeners hear every beat of one timer, which ends with the last of them', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const heard: string[] = []
  const first = startBeat(() => heard.push('first'))
  const second = startBeat(() => heard.push('second'))
  t.mock.timers.tick(100)
  assert.deepEqual(heard, ['first', 'second'])
  first.stop()
  first.stop()
  t.mock.timers.tick(100)
  assert.deepEqual(heard, ['first', 'second', 'second'])
  second.stop()
  t.mock.timers.tick(1_000)
  assert.equal(heard.length, 3)
  const third = startBeat(() => heard.push('third'))
  t.mock.timers.tick(200)
  third.stop()
  assert.deepEqual(heard.slice(3), ['third', 'third'])
  const fifth = startBeat(() => heard.push('fifth'), 5)
  t.mock.timers.tick(400)
  assert.equal(heard.length, 5)
  t.mock.timers.tick(600)
  fifth.stop()
  assert.deepEqual(heard.slice(5), ['fifth', 'fifth'])
})
