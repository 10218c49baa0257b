import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createPrng } from '../core/prng.ts'
import { DIFFERENCES_MIN, estimateDelay } from './delay-estimate.ts'

/** `count` differences about `atNs`, each remembering `memory` of the noise before it. */
function differences(seed: number, count: number, atNs: number, noiseNs: number, memory = 0): number[] {
  const prng = createPrng(seed)
  let noise = 0
  return Array.from({ length: count }, () => {
    noise = memory * noise + Math.sqrt(1 - memory ** 2) * prng.nextNormal()
    return Math.round(atNs + noise * noiseNs)
  })
}

/** How often of 200 the truth lies within two standard uncertainties. */
function coverage(memory: number): number {
  let covered = 0
  let estimated = 0
  for (let seed = 1; seed <= 200; seed++) {
    const estimate = estimateDelay(differences(seed, 300, -77, 12, memory))
    if (!estimate.ok) continue
    estimated += 1
    if (Math.abs(estimate.value.medianNs + 77) <= 2 * estimate.value.standardUncertaintyNs) covered += 1
  }
  assert.ok(estimated >= 100, `expected estimates, got ${estimated}`)
  return covered / estimated
}

test('the median, the spread and the standard uncertainty of white noise', () => {
  const { medianNs, spreadNs, standardUncertaintyNs, count } = unwrap(estimateDelay(differences(1, 400, -77, 20)))
  assert.equal(count, 400)
  assert.ok(Math.abs(medianNs + 77) < 4, String(medianNs))
  assert.ok(spreadNs > 16 && spreadNs < 24, String(spreadNs))
  assert.ok(standardUncertaintyNs > 1 && standardUncertaintyNs < 2.5, String(standardUncertaintyNs))
})

test('twice the standard uncertainty holds the truth in about 95 of 100, with noise that has a memory too', () => {
  assert.ok(coverage(0) > 0.9, String(coverage(0)))
  assert.ok(coverage(0.7) > 0.85, String(coverage(0.7)))
})

test('a tenth of wild differences moves it by less than the noise', () => {
  const wild = differences(3, 200, -77, 5).map((ns, index) => (index % 10 === 3 ? ns + 5_000 : ns))
  assert.ok(Math.abs(unwrap(estimateDelay(wild)).medianNs + 77) < 5)
})

test('differences without noise are as sure as whole nanoseconds are', () => {
  const { medianNs, standardUncertaintyNs } = unwrap(estimateDelay(Array.from({ length: 60 }, () => 12)))
  assert.equal(medianNs, 12)
  assert.ok(standardUncertaintyNs > 0.28 && standardUncertaintyNs < 0.3)
})

test('a source that is still on its way is refused, and so are too few differences', () => {
  const drifting = differences(4, 200, 0, 5).map((ns, index) => ns + index)
  assert.equal(faultOf(estimateDelay(drifting)).code, 'calibration.drifting')
  assert.equal(faultOf(estimateDelay(differences(5, DIFFERENCES_MIN - 1, 0, 5))).code, 'calibration.too-few')
})

test('a shift of all differences shifts the median and nothing else', () => {
  const list = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: DIFFERENCES_MIN, maxLength: 120 })
  fc.assert(
    fc.property(list, fc.integer({ min: -100_000, max: 100_000 }), (values, shift) => {
      const [plain, shifted] = [estimateDelay(values), estimateDelay(values.map((ns) => ns + shift))]
      assert.equal(plain.ok, shifted.ok)
      if (!plain.ok || !shifted.ok) return
      assert.equal(shifted.value.medianNs, plain.value.medianNs + shift)
      assert.ok(Math.abs(shifted.value.standardUncertaintyNs - plain.value.standardUncertaintyNs) < 1e-6)
    }),
  )
})
