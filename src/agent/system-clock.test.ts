import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fail, ok } from '../core/fault.ts'
import { monoNs, realtimeNs } from '../core/time.ts'
import { type KernelClock, readKernelClock } from '../linux/timex.ts'
import type { SystemTime } from '../output/system-time.ts'
import { describeSystemClock } from './system-clock.ts'

const KERNEL: KernelClock = {
  synchronized: true,
  leap: 'none',
  taiMinusUtcSeconds: 37,
  claimedErrorNs: 1_000n,
  steeredPpb: -12n,
}
const TIME: SystemTime = {
  shownNs: realtimeNs(1n),
  coarseNs: 1n,
  monoNs: monoNs(1n),
  offsetNs: -5n,
  uncertaintyNs: 2n,
  errorNs: 7n,
  origin: 'certified',
  leap: 'none',
  steadyNs: undefined,
}

function alarms(kernel: Partial<KernelClock>, time: Partial<SystemTime> = {}): readonly string[] {
  const report = describeSystemClock(ok({ ...KERNEL, ...kernel }), ok({ ...TIME, ...time }), 37)
  return report.alarms.map(({ code }) => code)
}

test('a clock that is steered and counts as the leap table does is told with its error and without an alarm', () => {
  const { alarms: none, ...rest } = describeSystemClock(ok(KERNEL), ok(TIME), 37)
  assert.deepEqual(none, [])
  assert.deepEqual(rest, {
    offsetNs: -5n,
    boundNs: 7n,
    synchronized: true,
    leap: 'none',
    taiMinusUtcSeconds: 37,
    steeredPpb: -12n,
  })
})

test('what makes it unfit is an alarm', () => {
  assert.deepEqual(alarms({ synchronized: false }), ['host.clock-unsynchronized'])
  assert.deepEqual(alarms({ taiMinusUtcSeconds: 36 }), ['host.tai-offset'])
  assert.deepEqual(alarms({ taiMinusUtcSeconds: undefined }), [])
  assert.deepEqual(alarms({ leap: 'insert' }), ['host.leap-disagrees'])
  assert.deepEqual(alarms({ leap: 'none' }, { leap: 'delete' }), ['host.leap-disagrees'])
  assert.deepEqual(alarms({ leap: 'insert' }, { leap: 'insert' }), [])
  for (const leap of ['inserting', 'done'] as const) assert.deepEqual(alarms({ leap }, { leap: 'insert' }), [])
})

test('a kernel that cannot be asked, or no time to compare with, is said', () => {
  const report = describeSystemClock(fail('linux.adjtimex', 'refused'), fail('output.no-time', 'none'), undefined)
  assert.deepEqual([report.offsetNs, report.boundNs, report.synchronized, report.leap], [null, null, null, null])
  assert.deepEqual(report.alarms, [{ code: 'host.clock-unreadable', message: 'refused' }])
})

test('the kernel of this machine answers, or says why not', () => {
  const kernel = readKernelClock()
  if (kernel.ok) assert.ok(kernel.value.claimedErrorNs >= 0n && kernel.value.claimedErrorNs <= 16_000_000_000n)
  else assert.equal(kernel.fault.code, 'linux.adjtimex')
})
