import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interval } from '../../../src/core/interval.ts'
import { monoNs, taiNs } from '../../../src/core/time.ts'
import type { ServedReading } from '../../../src/fusion/served-clock.ts'
import { createMonotonicChecker } from './monotonic.ts'

function reading(tai: bigint, boundNs: bigint, origin: ServedReading['origin'] = 'certified'): ServedReading {
  const served = { monoNs: monoNs(0n), taiNs: taiNs(tai), targetTaiNs: taiNs(tai), flags: [] }
  return { ...served, interval: interval(tai - boundNs, tai + boundNs), boundNs, origin }
}

test('a served clock that goes back within one run of its process is seen; a new process may start anywhere', () => {
  const checker = createMonotonicChecker(new Set([0]))
  checker.served(0, 1, reading(1_000n, 50n), taiNs(1_000n))
  checker.served(0, 1, reading(1_000n, 50n), taiNs(1_010n))
  checker.served(0, 2, reading(990n, 50n), taiNs(1_020n))
  checker.served(1, 1, reading(10n, 5_000n), taiNs(1_020n))
  assert.deepEqual(checker.problems(), [])
  checker.served(0, 2, reading(989n, 50n), taiNs(1_030n))
  assert.deepEqual(checker.problems(), [{ violation: 'nonMonotonic', message: 'node 0 served 990, then 989' }])
  assert.equal(checker.readings, 5)
})

test('a certified bound that does not reach the truth is seen, on both sides, of those whose bound must hold', () => {
  for (const errorNs of [51n, -51n]) {
    const checker = createMonotonicChecker(new Set([0]))
    checker.served(1, 1, reading(1_000n + errorNs, 50n), taiNs(1_000n))
    checker.served(0, 1, reading(1_000n + errorNs, 50n, 'own-hardware'), taiNs(1_000n))
    checker.served(0, 2, reading(1_000n + errorNs - (errorNs > 0n ? 1n : -1n), 50n), taiNs(1_000n))
    assert.deepEqual(checker.problems(), [])
    checker.served(0, 3, reading(1_000n + errorNs, 50n), taiNs(1_000n))
    assert.equal(checker.problems()[0]?.violation, 'containmentViolations')
  }
})
