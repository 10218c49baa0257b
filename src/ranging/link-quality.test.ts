import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs } from '../core/time.ts'
import { createLinkQuality } from './link-quality.ts'

test('a link is up from its first answer until the silence is too long', () => {
  const quality = createLinkQuality(100n)
  assert.equal(quality.isUp(monoNs(0n)), false)
  quality.answered(monoNs(50n))
  assert.deepEqual(
    [50n, 150n, 151n].map((now) => quality.isUp(monoNs(now))),
    [true, true, false],
  )
})

test('the loss is that of the last 64 requests, however many were lost before', () => {
  const quality = createLinkQuality(100n)
  assert.equal(quality.lossPpm(), 0)
  quality.lost(1_000_000)
  assert.equal(quality.lossPpm(), 1_000_000)
  for (let i = 0; i < 48; i++) quality.answered(monoNs(0n))
  assert.equal(quality.lossPpm(), 250_000)
  for (let i = 0; i < 16; i++) quality.answered(monoNs(0n))
  assert.equal(quality.lossPpm(), 0)
})
