import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, plus } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { createStallWatch } from './stall-watch.ts'

function block(ms: number): void {
  const end = readMonoNs() + BigInt(ms) * 1_000_000n
  while (readMonoNs() < end);
}

test('bytes read right after the process did not run may have waited as long as that', async () => {
  const watch = createStallWatch()
  await new Promise((resolve) => setTimeout(resolve, 120))
  block(400)
  const noticedEarly = watch.waitedNs(readMonoNs())
  await new Promise((resolve) => setTimeout(resolve, 20))
  const noticedLate = watch.waitedNs(readMonoNs())
  watch.close()
  assert.ok(noticedEarly >= 390_000_000n, `${noticedEarly} ns`)
  assert.ok(noticedLate >= 390_000_000n, `${noticedLate} ns`)
})

test('a stall that no beat has noticed yet counts from the last beat', () => {
  let now = monoNs(0n)
  const watch = createStallWatch(() => now)
  assert.equal(watch.waitedNs(plus(now, 10_000_000n)), 0n)
  now = plus(now, 2_000_000_000n)
  assert.equal(watch.waitedNs(now), 2_000_000_000n)
  watch.close()
})
