import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BIAS_SCORE,
  type BiasReading,
  type BiasRecord,
  FORGETTING,
  LEARNING_EPOCHS,
  startBias,
  stepBias,
} from './bias.ts'
import type { PathFloor } from './path-floor.ts'

/** An idle way of u = 10 µs, whose floor is learnt: a contradiction of 100 ns is twice the least slack. */
const IDLE: PathFloor = { floorNs: 10_000, usualNs: 10_000, noiseNs: 0 }

function reading(offsetNs: number, changes: Partial<BiasReading> = {}): BiasReading {
  return { offsetNs, uncertaintyNs: 10_000, allowanceNs: 500, ...changes }
}

function learnt(...offsets: readonly number[]): BiasRecord {
  let record = startBias(reading(offsets[0] ?? 0))
  for (let epoch = 0; epoch < LEARNING_EPOCHS; epoch++) {
    record = stepBias(record, reading(offsets[epoch % offsets.length] ?? 0), IDLE)
  }
  return record
}

function repeat(record: BiasRecord, count: number, of: BiasReading, floor = IDLE): BiasRecord {
  return Array.from({ length: count }).reduce<BiasRecord>((before) => stepBias(before, of, floor), record)
}

test('what a record keeps is what all its intervals have in common', () => {
  assert.deepEqual(learnt(300, -200), { lowPs: -10_200_000, highPs: 10_300_000, score: 0 })
})

test('a constant asymmetry of any size, and a clock that uses all of its bound, contradict nothing', () => {
  const record = learnt(7_000_500, 7_000_000)
  assert.equal(repeat(record, 1_000, reading(6_999_500)).score, 0)
})

test('the first epoch beyond both bounds and the slack begins to count, the eighth accuses', () => {
  const record = learnt(0)
  // From −500 + 0 to +500 + 0 the constant may be; a reading of 1,000 touches that, and 100 more is a contradiction.
  assert.equal(stepBias(record, reading(1_050), IDLE).score, 0, 'within the slack')
  const beyond = reading(1_101)
  assert.ok(repeat(record, 7, beyond).score < BIAS_SCORE)
  assert.equal(repeat(record, 8, beyond).score, BIAS_SCORE)
  assert.equal(repeat(record, 8, reading(-1_101)).score, BIAS_SCORE, 'to the other side too')
})

test('one wild reading counts as one and leaves no trace', () => {
  const record = learnt(0)
  const hit = stepBias(record, reading(10 ** 12), IDLE)
  assert.equal(hit.score, 16)
  assert.equal(stepBias(hit, reading(0), IDLE).score, 0)
  assert.equal(hit.highPs - record.highPs, Math.ceil(((10 ** 12 - 1_000) * 1_000) / FORGETTING))
})

test('a longer way excuses as much as it is longer, no more', () => {
  const record = learnt(0)
  const longer = { uncertaintyNs: 60_000 }
  assert.equal(repeat(record, 100, reading(51_000, longer)).score, 0)
  assert.equal(repeat(record, 8, reading(51_101, longer)).score, BIAS_SCORE)
})

test('a wide bound excuses now and never later', () => {
  const holdover = reading(40_000, { allowanceNs: 50_000 })
  const record = repeat(learnt(0), 100, holdover)
  assert.equal(record.score, 0)
  assert.equal(repeat(record, 8, reading(40_000)).score, BIAS_SCORE, 'the narrow bound that follows is held to it')
})

test('slack follows the noise of the way', () => {
  const noisy = { ...IDLE, noiseNs: 1_000 }
  assert.equal(repeat(learnt(0), 100, reading(3_000), noisy).score, 0)
  assert.equal(repeat(learnt(0), 8, reading(5_010), noisy).score, BIAS_SCORE)
})

test('whatever stays where it went is forgotten in hours, whatever goes on is not', () => {
  const stays = repeat(learnt(0), 3 * FORGETTING, reading(1_600))
  assert.ok(stays.score < BIAS_SCORE)
  // A walk of a hundredth of a nanosecond a second, 1 part in 10^11.
  let record = learnt(0)
  for (let epoch = 0; epoch < 200_000; epoch++) record = stepBias(record, reading(Math.floor(epoch / 100)), IDLE)
  assert.ok(record.score >= BIAS_SCORE)
})

test('while it learns, a reading that contradicts the others begins anew', () => {
  const record = repeat(startBias(reading(0)), 50, reading(0))
  assert.deepEqual(stepBias(record, reading(30_000), IDLE), startBias(reading(30_000)))
})
