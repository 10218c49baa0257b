import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPrng } from '../../src/core/prng.ts'
import { monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import { createEmulatedOscillator } from './emulated-oscillator.ts'

const START = monoNs(50n * NS_PER_SECOND)
const DAY = 86_400n * NS_PER_SECOND

function oscillator(fractionE15 = 0, ageingE15PerDay = 0, offsetNs = 0, ratePpb = 0n) {
  const sky = createVirtualSky({ monoAt: START, taiAt: taiOf('2026-01-15T12:00:00'), ratePpb })
  const habits = { fractionE15, ageingE15PerDay, pulseNoiseNs: 0 }
  return { sky, own: createEmulatedOscillator(habits, sky, createPrng(1), START, offsetNs) }
}

test('a frequency offset of 1e-11 is 864 ns a day', () => {
  assert.equal(Math.round(oscillator(10_000).own.offsetNs(plus(START, DAY))), 864)
})

test('an ageing of 1e-11 a day adds half of that in the first day', () => {
  const { own } = oscillator(0, 10_000)
  assert.equal(Math.round(own.offsetNs(plus(START, DAY))), 432)
  assert.equal(Math.round(own.fractionE15(plus(START, DAY))), 10_000)
})

test('steering changes the rate from then on, and the last word counts', () => {
  const { own } = oscillator(10_000)
  own.steer(50_000, START)
  own.steer(-10_000, START)
  assert.equal(Math.round(own.offsetNs(plus(START, DAY))), 0)
  own.steer(0, plus(START, DAY))
  assert.equal(Math.round(own.offsetNs(plus(START, 2n * DAY))), 864)
})

test('a step moves the pulses at once and for good', () => {
  const { sky, own } = oscillator(0, 0, 0, 7_000n)
  const due = own.nextAt()
  assert.equal(sky.skyTai(due) % NS_PER_SECOND, 0n)
  own.step(250, START)
  const early = sky.skyTai(own.nextAt()) % NS_PER_SECOND
  assert.ok(NS_PER_SECOND - early >= 249n && NS_PER_SECOND - early <= 251n, String(early))
})

test('pulses are taken one a second, each with its second, and a stall skips those that were missed', () => {
  const { own } = oscillator(0, 0, 1_000)
  assert.equal(own.takePulse(START), undefined)
  const first = own.takePulse(own.nextAt())
  const second = own.takePulse(own.nextAt())
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(second.second, first.second + 1n)
  assert.equal(second.at - first.at, NS_PER_SECOND)
  const late = own.takePulse(plus(second.at, 100n * NS_PER_SECOND + 1n))
  assert.equal(late?.second, second.second + 100n)
})
