import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readClockPair, readMonoNs, readRealtimeNs } from './clock.ts'

test('the raw clock never goes back', () => {
  let last = readMonoNs()
  for (let i = 0; i < 10_000; i++) {
    const now = readMonoNs()
    assert.ok(now >= last)
    last = now
  }
})

test('the realtime clock is the one that Date reads', () => {
  const earliest = BigInt(Date.now()) * 1_000_000n
  const read = readRealtimeNs()
  const latest = BigInt(Date.now() + 1) * 1_000_000n
  assert.ok(earliest <= read && read <= latest, `${earliest} <= ${read} <= ${latest}`)
})

test('a pair lies between the readings taken around it on both clocks', () => {
  for (let i = 0; i < 100; i++) {
    const monoBefore = readMonoNs()
    const realtimeBefore = readRealtimeNs()
    const pair = readClockPair()
    const realtimeAfter = readRealtimeNs()
    const monoAfter = readMonoNs()
    const half = pair.bracketNs / 2n
    assert.ok(monoBefore <= pair.monoNs - half && pair.monoNs + half <= monoAfter)
    assert.ok(realtimeBefore <= pair.shownNs && pair.shownNs <= realtimeAfter)
    assert.ok(pair.bracketNs >= 0n)
  }
})
