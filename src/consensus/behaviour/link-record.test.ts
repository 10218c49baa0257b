import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BiasReading } from './bias.ts'
import { isBiased, isSlow, type LinkRecord, stepLink } from './link-record.ts'

const LEARNT = 400

function reading(uncertaintyNs: number, offsetNs = 0): BiasReading {
  return { offsetNs, uncertaintyNs, allowanceNs: 500 }
}

function after(record: LinkRecord | undefined, count: number, of: BiasReading | undefined): LinkRecord | undefined {
  let next = record
  for (let epoch = 0; epoch < count; epoch++) next = stepLink(next, of)
  return next
}

const learnt = after(undefined, LEARNT, reading(20_000))

test('eight epochs of a way ten times as long are slow, two bursts of three are not', () => {
  assert.ok(!isSlow(after(learnt, 7, reading(201_000))))
  assert.ok(isSlow(after(learnt, 8, reading(201_000))))
  assert.ok(!isSlow(after(learnt, 100, reading(200_000))), 'ten times is not more than ten times')
  const burst = after(learnt, 3, reading(2_000_000))
  assert.ok(!isSlow(after(burst, 3, reading(2_000_000))))
})

test('a short cable that becomes ten times as long is still a short cable', () => {
  const short = after(undefined, LEARNT, reading(150))
  assert.ok(!isSlow(after(short, 100, reading(10_000))))
  assert.ok(isSlow(after(short, 8, reading(10_001))))
})

test('slowness ends when the way is short again, and is forgotten when it stays long', () => {
  const slow = after(learnt, 50, reading(250_000))
  assert.ok(isSlow(slow))
  assert.ok(!isSlow(after(slow, 3, reading(20_000))))
  assert.ok(isSlow(after(slow, 100, reading(250_000))))
  assert.ok(!isSlow(after(slow, 3_000, reading(250_000))))
})

test('a detour of one direction for good, however long, is no bias: neither while it is new nor when it is known', () => {
  let record = learnt
  for (let epoch = 0; epoch < 40_000; epoch++) {
    record = stepLink(record, reading(1_020_000, 1_000_000))
    assert.ok(!isBiased(record), `epoch ${epoch}`)
  }
  assert.ok(!isBiased(after(record, 100, reading(20_000))))
})

test('a way that becomes shorter than ever, in one direction, is no bias either', () => {
  const detour = after(undefined, LEARNT, reading(1_020_000, 1_000_000))
  let record = detour
  for (let epoch = 0; epoch < 1_000; epoch++) {
    record = stepLink(record, reading(20_000))
    assert.ok((record?.score ?? 0) < 8, `epoch ${epoch}`)
  }
  assert.equal(record?.floorNs, 20_000)
})

test('one reading that is too good spoils half of the floor', () => {
  assert.equal(stepLink(learnt, reading(0))?.floorNs, 10_000)
})

test('what nobody sees any more fades', () => {
  const biased = after(learnt, 12, reading(20_000, 100_000))
  assert.ok(isBiased(biased))
  assert.ok(!isBiased(after(biased, 65, undefined)))
  assert.deepEqual(after(learnt, 10, undefined), learnt)
  assert.equal(stepLink(undefined, undefined), undefined)
})
