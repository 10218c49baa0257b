import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { monoNs, NS_PER_SECOND } from '../core/time.ts'
import { createAnswerBudget } from './answer-budget.ts'

test('a burst passes at once, then one answer for each period', () => {
  const budget = createAnswerBudget(10, 3)
  const takes = [0n, 0n, 0n, 0n, 99_999_999n, 100_000_000n, 100_000_001n].map((at) => budget.take(monoNs(at)))
  assert.deepEqual(takes, [true, true, true, false, false, true, false])
})

test('in no span of time do more answers pass than the burst and the rate allow', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(0n, 200_000_000n), { minLength: 1, maxLength: 200 }), (gaps) => {
      const budget = createAnswerBudget(32, 16)
      let now = 0n
      const passed: bigint[] = []
      for (const gap of gaps) {
        now += gap
        if (budget.take(monoNs(now))) passed.push(now)
      }
      for (const [i, from] of passed.entries()) {
        for (const [j, to] of passed.entries()) {
          if (j < i) continue
          const allowed = 16n + ((to - from) * 32n) / NS_PER_SECOND
          assert.ok(BigInt(j - i + 1) <= allowed, `${j - i + 1} answers in ${to - from} ns, ${allowed} allowed`)
        }
      }
    }),
  )
})
