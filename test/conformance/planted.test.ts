import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Driver, DriverAction, DriverFamily } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { ok } from '../../src/core/fault.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { faultsOf, type TrialFault } from './faults.ts'
import { runTrial, type Trial } from './trial.ts'

/** What the trials are worth: families with a planted mistake, each of which must fail. */

const honest = familyOf('nmea-receiver')

function familyOf(kind: string): DriverFamily<unknown> {
  const family = families.find((each) => each.kind === kind)
  assert.ok(family !== undefined)
  return family
}

/** The family with a driver whose actions go through `spoil`. */
function spoiled(spoil: (action: DriverAction, at: MonoNs) => readonly DriverAction[]): DriverFamily<unknown> {
  return {
    ...honest,
    create: (options, context): Driver => {
      const driver = honest.create(options, context)
      return {
        receive: (bytes, at) => driver.receive(bytes, at).flatMap((action) => spoil(action, at)),
        wake: (now) => driver.wake(now).flatMap((action) => spoil(action, now)),
        nextWakeAt: () => driver.nextWakeAt(),
      }
    },
  }
}

function tryFault(family: DriverFamily<unknown>, name: string): Trial {
  const fault = faultsOf(family).find((each) => each.name === name)
  assert.ok(fault !== undefined)
  return runTrial(family, fault)
}

function assertFails(trial: Trial, problem: RegExp): void {
  assert.equal(trial.verdict, 'failed')
  assert.match(trial.problems.join('\n'), problem)
}

test('the family as it is passes', () => {
  assert.deepEqual(
    tryFault(
      spoiled((action) => [action]),
      'rollover',
    ).problems,
    [],
  )
})

test('a driver that believes every label is found out by dates that are wrong', () => {
  const gullible = spoiled((action) => {
    if (action.type !== 'sample' || action.sample.kind !== 'label') return [action]
    return [{ type: 'sample', sample: { ...action.sample, valid: true } }]
  })
  assertFails(tryFault(gullible, 'rollover'), /expected no confident wrong sample, got \d+ labels/)
})

test('a driver that names the wrong second is found out', () => {
  const late = spoiled((action) => {
    if (action.type !== 'sample') return [action]
    return [{ type: 'sample', sample: { ...action.sample, taiNs: plus(action.sample.taiNs, NS_PER_SECOND) } }]
  })
  assertFails(tryFault(late, 'line-silence'), /expected right samples, got \d+ wrong ones/)
})

test('a driver that complains without a limit is found out', () => {
  const noisy = spoiled((action) => (action.type === 'fault' ? Array.from({ length: 200 }, () => action) : [action]))
  assertFails(tryFault(noisy, 'line-garbage'), /expected at most 110 faults in a second, got \d+/)
})

test('a driver that does not come back is found out, and one that hides it', () => {
  let brokenAt: MonoNs | undefined
  const brittle = spoiled((action, at) => {
    if (action.type === 'fault') brokenAt = at
    return brokenAt === undefined || action.type === 'fault' ? [action] : []
  })
  assertFails(tryFault(brittle, 'line-garbage'), /expected at least 10 valid samples in a minute, got 0/)
  const smug = spoiled((action) =>
    action.type === 'status' ? [{ type: 'status', status: { ...action.status, alarms: ['still.wrong'] } }] : [action],
  )
  assertFails(tryFault(smug, 'line-silence'), /expected no alarms, got still\.wrong/)
})

test('an emulator whose fault does not show is found out', () => {
  const idle: TrialFault = { name: 'nothing', of: 'instrument', text: '', shows: true, switch: () => ok(undefined) }
  assertFails(runTrial(honest, idle), /expected the fault to show in bytes or pulses within 30 s/)
})
