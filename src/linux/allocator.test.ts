import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trimAllocator } from './allocator.ts'

test('the allocator of glibc gives back what is free, and goes on as before', (t) => {
  const before = process.memoryUsage.rss()
  const isDone = trimAllocator()
  t.diagnostic(`${before} bytes resident before, ${process.memoryUsage.rss()} after`)
  const isGlibc =
    (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime !==
    undefined
  assert.equal(isDone, isGlibc)
  assert.equal(Buffer.allocUnsafeSlow(1 << 20).fill(7)[1_000_000], 7)
})
