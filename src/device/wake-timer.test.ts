import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MonoNs, monoNs, plus } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { createWakeTimer, dueActions } from './wake-timer.ts'

test('a timer never fires before its instant, and fires for one in the past', async () => {
  for (const aheadNs of [0n, 1n, 999_999n, 1_000_001n, 3_700_000n, -5_000_000_000n]) {
    const at = plus(readMonoNs(), aheadNs)
    const firedAt = await new Promise<MonoNs>((resolve) => createWakeTimer(resolve).arm(at))
    assert.ok(firedAt >= at)
  }
})

test('arming again replaces, arming with undefined disarms', async () => {
  const fired: string[] = []
  const timer = createWakeTimer(() => fired.push('timer'))
  timer.arm(readMonoNs())
  timer.arm(plus(readMonoNs(), 1n << 61n))
  await sleep(20)
  timer.arm(readMonoNs())
  timer.arm(undefined)
  await sleep(20)
  assert.deepEqual(fired, [])
})

test('a machine is woken for everything that is due and for nothing else', () => {
  const due = [10n, 20n, 30n, 40n].map(monoNs)
  const machine = { wake: () => [due.shift()], nextWakeAt: () => due[0] }
  assert.deepEqual([...dueActions(machine, monoNs(30n))], [10n, 20n, 30n])
  assert.deepEqual([...dueActions(machine, monoNs(30n))], [])
})

test('a machine that is due for ever is a broken invariant', () => {
  const machine = { wake: () => [], nextWakeAt: () => monoNs(1n) }
  assert.throws(() => [...dueActions(machine, monoNs(1n))], { name: 'InvariantError' })
})
