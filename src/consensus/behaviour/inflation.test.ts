import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INFLATED_EPOCHS, startInflation, stepInflation, usualBoundNs } from './inflation.ts'

function locked(boundNs: number): { aheadNs: number; boundNs: number; locked: boolean } {
  return { aheadNs: 0, boundNs, locked: true }
}

const known = stepInflation(startInflation, locked(200), 200)

test('the usual bound is the lower median of 2f + 1 locked members at least', () => {
  assert.equal(usualBoundNs([locked(4), locked(1), locked(3), locked(2)], 1), 2)
  assert.equal(usualBoundNs([locked(4), { ...locked(1), locked: false }, locked(3), locked(2)], 1), 3)
  assert.equal(usualBoundNs([locked(0), undefined, locked(3), undefined], 1), undefined, 'one of two may lie')
})

test('five epochs of a hundredfold bound while locked are inflation, and one good epoch ends it', () => {
  let record = known
  for (let epoch = 1; epoch <= INFLATED_EPOCHS; epoch++) {
    record = stepInflation(record, locked(20_000), 200)
    assert.equal(record.inflated, epoch)
  }
  assert.equal(stepInflation(record, locked(19_999), 200).inflated, 0)
})

test('neither holdover nor hardware that was never better is inflation', () => {
  assert.equal(stepInflation(known, { ...locked(10 ** 9), locked: false }, 200).inflated, 0)
  let weak = startInflation
  for (let epoch = 0; epoch < 100; epoch++) weak = stepInflation(weak, locked(50_000), 200)
  assert.equal(weak.inflated, 0)
  assert.equal(stepInflation(weak, locked(499_999), 200).inflated, 0)
  assert.equal(stepInflation(weak, locked(500_000), 200).inflated, 1)
})

test('hardware that has become worse for good is taken for what it is', () => {
  let record = known
  for (let epoch = 0; epoch < 3_000; epoch++) record = stepInflation(record, locked(25_000), 200)
  assert.equal(record.inflated, 0)
})
