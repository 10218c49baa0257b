import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiveLatency } from './receive-latency.ts'

test('the 99th percentile of a window, and 0 while nothing was observed', () => {
  const latency = createReceiveLatency()
  assert.equal(latency.p99Ns(), 0n)
  latency.observe(7n)
  assert.equal(latency.p99Ns(), 7n)
  for (let duration = 1n; duration <= 128n; duration++) latency.observe(duration)
  assert.equal(latency.p99Ns(), 127n)
})

test('what is older than the window is forgotten', () => {
  const latency = createReceiveLatency()
  for (let count = 0; count < 100; count++) latency.observe(1_000_000n)
  for (let count = 0; count < 128; count++) latency.observe(3n)
  assert.equal(latency.p99Ns(), 3n)
})
