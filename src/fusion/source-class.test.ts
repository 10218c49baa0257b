import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CLASS_DEFAULTS, holdoverDriftNs, type SourceClass } from './source-class.ts'

const HOUR_NS = 3_600_000_000_000n

describe('what a class of instrument is worth', () => {
  const hours: readonly (readonly [SourceClass, bigint])[] = [
    ['caesium', 36n],
    ['rubidium', 3_600n],
    ['gpsdo', 3_600n],
    ['gnss', 180_000_000n],
    ['ptp', 180_000_000n],
    ['serial', 180_000_000n],
  ]
  for (const [sourceClass, driftNs] of hours) {
    it(`lets the time of ${sourceClass} run away by ${driftNs} ns in an hour alone`, () => {
      assert.equal(holdoverDriftNs(sourceClass, HOUR_NS), driftNs)
    })
  }

  it('rounds what may have run away up, and knows no negative drift', () => {
    assert.equal(holdoverDriftNs('caesium', 1n), 1n)
    assert.equal(holdoverDriftNs('caesium', 0n), 0n)
    assert.equal(holdoverDriftNs('rubidium', -HOUR_NS), 3_600n)
  })

  it('gives nothing more authority than a primary reference, and everything some', () => {
    for (const { authorityMilli } of Object.values(CLASS_DEFAULTS)) {
      assert.ok(authorityMilli > 0n && authorityMilli <= CLASS_DEFAULTS.caesium.authorityMilli)
    }
  })
})
