import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DriverStatus } from '../../drivers/driver.ts'
import type { Fault } from '../core/fault.ts'
import type { TimeSample } from '../core/sample.ts'
import { monoNs, NS_PER_SECOND, taiNs } from '../core/time.ts'
import { createSourceIntake, type SourceIntake } from './source-intake.ts'

const TAI = taiNs(1_760_000_000n * NS_PER_SECOND)

function open(timeOfDay: 'label' | 'none', pulseSocket?: string) {
  const readings: TimeSample[] = []
  const faults: Fault[] = []
  const intake = createSourceIntake({
    source: { name: 'x0', class: 'rubidium', accuracyNs: undefined, pulseSocket },
    timeOfDay,
    nodeClock: {
      observe: (sample) => {
        readings.push(sample)
        return []
      },
      setStatus: () => undefined,
    },
    onFault: (fault) => faults.push(fault),
    onReading: () => undefined,
  })
  return { intake, readings, faults }
}

function lock(intake: SourceIntake, quality: DriverStatus['quality']): void {
  intake.status({ quality, dependsOn: 'own', alarms: [], details: {} }, monoNs(0n))
}

function second(intake: SourceIntake, s: bigint, labelled: boolean, waitedNs = 0n): void {
  const at = s * NS_PER_SECOND
  intake.pulse({ kind: 'pulse', source: 'x0', monoNs: monoNs(at), uncertaintyNs: 40n })
  if (!labelled) return
  const [firstByteAt, lastByteAt] = [monoNs(at + 100_000_000n), monoNs(at + 150_000_000n)]
  const base = { kind: 'label', source: 'x0', names: 'preceding-pulse', valid: true, quality: 'locked' } as const
  intake.sample({ ...base, firstByteAt, lastByteAt, taiNs: taiNs(TAI + at) }, waitedNs)
}

test('pulses without a date are counted, at the lock that the instrument last told', () => {
  const { intake, readings } = open('none', '/run/x0.sock')
  for (const [s, quality] of [
    [1n, 'unknown'],
    [2n, 'locked'],
    [3n, 'holdover'],
  ] as const) {
    lock(intake, quality)
    second(intake, s, false)
  }
  const told = readings.map(({ taiNs: counted, quality, accuracyNs }) => [counted / NS_PER_SECOND, quality, accuracyNs])
  assert.deepEqual(told, [
    [0n, 'unlocked', 0n],
    [1n, 'locked', 0n],
    [2n, 'holdover', 0n],
  ])
})

test('pulses with labels get their seconds from these, and labels alone are a time of their own', () => {
  const pulsed = open('label', '/run/x0.sock')
  lock(pulsed.intake, 'locked')
  for (let s = 1n; s <= 4n; s++) second(pulsed.intake, s, true)
  assert.ok(pulsed.readings.length >= 2)
  for (const { taiNs: tai, monoNs: mono } of pulsed.readings) assert.equal(tai, TAI + mono)
  const alone = open('label')
  for (const s of [1n, 2n]) second(alone.intake, s, true)
  assert.deepEqual(
    alone.readings.map(({ monoNs: mono }) => mono),
    [2n * NS_PER_SECOND + 100_000_000n],
  )
})

test('a label that waited long, for the process did not run, is told and numbers no pulse', () => {
  const { intake, readings, faults } = open('label', '/run/x0.sock')
  lock(intake, 'locked')
  for (let s = 1n; s <= 4n; s++) second(intake, s, true, 260_000_000n)
  assert.deepEqual(readings, [])
  assert.deepEqual([...new Set(faults.map(({ code }) => code))], ['host.stalled'])
})

test('what an instrument says of its temperature is passed on, unless the configuration names another thermometer', () => {
  for (const [temperature, expected] of [
    [undefined, 28.5],
    ['lm75', undefined],
  ] as const) {
    const told: (number | undefined)[] = []
    const intake = createSourceIntake({
      source: { name: 'x0', class: 'rubidium', accuracyNs: undefined, temperature },
      timeOfDay: 'none',
      nodeClock: { observe: () => [], setStatus: (_name, { celsius }) => told.push(celsius) },
      onFault: () => undefined,
      onReading: () => undefined,
    })
    intake.status({ quality: 'locked', dependsOn: 'own', alarms: [], celsius: 28.5, details: {} }, monoNs(0n))
    assert.deepEqual(told, [expected])
  }
})
