import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPrng } from '../../../src/core/prng.ts'
import { findWander, syntheticWander } from './wander.ts'

/** Standard deviation, and autocorrelation after so many seconds. */
function shapeOf(values: readonly number[], lags: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const about = values.map((value) => value - mean)
  const power = about.reduce((sum, value) => sum + value * value, 0)
  const correlations = lags.map((lag) => {
    return about.slice(lag).reduce((sum, value, index) => sum + value * (about[index] ?? 0), 0) / power
  })
  return [Math.sqrt(power / values.length), ...correlations]
}

test('the synthetic wander has the spread and the memory that were fitted to the recording', (t) => {
  const shapes = Array.from({ length: 40 }, (_, seed) =>
    shapeOf(syntheticWander.draw(createPrng(seed), 7_200), [1, 10, 60]),
  )
  const means = [0, 1, 2, 3].map((column) => shapes.reduce((sum, shape) => sum + (shape[column] ?? 0), 0) / 40)
  t.diagnostic(`synthetic: ${means.map((mean) => mean.toFixed(3)).join(', ')}`)
  const [deviation = 0, ...correlations] = means
  assert.ok(deviation > 1_000 && deviation < 1_800, `${deviation} ns`)
  for (const [index, least] of [0.95, 0.8, 0.65].entries()) assert.ok((correlations[index] ?? 0) > least)
})

test('what is drawn from the recording has no step that the recording has not', (t) => {
  const wander = findWander()
  if (wander.origin === 'synthetic') return t.skip('no recorded wander beside the repository')
  const [deviation = 0, one = 0, ten = 0] = shapeOf(wander.draw(createPrng(1), 7_200), [1, 10])
  t.diagnostic(`recorded: ${deviation.toFixed(0)} ns, ${one.toFixed(3)}, ${ten.toFixed(3)}`)
  assert.ok(Math.abs(deviation - 1_391) < 200, `${deviation} ns`)
  assert.ok(one > 0.97 && ten > 0.88)
})
