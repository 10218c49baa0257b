import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFaultCounter } from './fault-counter.ts'

test('each code is counted on its own', () => {
  const counter = createFaultCounter()
  assert.deepEqual(
    ['a', 'b', 'a'].map((code) => counter.count(code)),
    [1, 1, 2],
  )
  assert.deepEqual(
    [...counter.counts()],
    [
      ['a', 2],
      ['b', 1],
    ],
  )
})

test('codes beyond the limit share one count', () => {
  const counter = createFaultCounter()
  for (let code = 0; code < 1000; code++) counter.count(`made-up.${code}`)
  assert.equal(counter.counts().size, 65)
  assert.equal(counter.counts().get('fault.other'), 936)
  assert.equal(counter.count('made-up.0'), 2)
})
