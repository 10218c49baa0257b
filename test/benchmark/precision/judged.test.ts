import assert from 'node:assert/strict'
import { test } from 'node:test'
import { truePrecisionNs } from './judged.ts'

test('one liar makes the true precision neither better nor worse than the honest are', () => {
  // Second largest residuals: 30, 20, 30 in the frames of the honest, 510 in that of the liar; of these the second largest.
  assert.equal(truePrecisionNs([0n, 10n, 30n, -500n], 1), 30n)
  assert.equal(truePrecisionNs([0n, 10n, 30n, 10n], 1), 10n)
  assert.equal(truePrecisionNs([0n, 10n], 1), undefined)
})
