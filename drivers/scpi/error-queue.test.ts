import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createErrorQueue } from './error-queue.ts'

test('the oldest entry is taken out and the newest one is shown', () => {
  const queue = createErrorQueue(30)
  assert.equal(queue.newestCode(), 0)
  queue.push(-113)
  queue.push(-108)
  assert.equal(queue.newestCode(), -108)
  assert.deepEqual(queue.pop(), { code: -113, text: 'Undefined header' })
  assert.deepEqual(queue.pop(), { code: -108, text: 'Parameter not allowed' })
  assert.deepEqual(queue.pop(), { code: 0, text: 'No error' })
})

test('in a full queue the last entry becomes the overflow and the others stay', () => {
  const queue = createErrorQueue(30)
  for (let i = 0; i < 30; i++) queue.push(-113)
  assert.equal(queue.newestCode(), -113)
  for (let i = 0; i < 5; i++) queue.push(-230)
  assert.equal(queue.newestCode(), -350)
  const codes = Array.from({ length: 31 }, () => queue.pop().code)
  assert.deepEqual(codes, [...Array.from({ length: 29 }, () => -113), -350, 0])
})

test('a cleared queue is empty', () => {
  const queue = createErrorQueue(30)
  queue.push(-100)
  queue.clear()
  assert.equal(queue.newestCode(), 0)
})
