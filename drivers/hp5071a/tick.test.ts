import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { isInside, narrow, nextAskAt, type Tick, type TimeAnswer } from './tick.ts'

const MS = 1_000_000n

/** A unit whose second s begins at `phase` + s seconds, stretched by `ppm`; it looks at its clock `looksAfter` after the question. */
function unit(phaseNs: bigint, ppm: bigint) {
  const beginOf = (second: bigint): MonoNs => monoNs(phaseNs + second * (NS_PER_SECOND + ppm * 1_000n))
  const secondAt = (at: MonoNs): bigint => (at - phaseNs) / (NS_PER_SECOND + ppm * 1_000n)
  const ask = (askedAt: MonoNs, looksAfter: bigint, answersAfter: bigint): TimeAnswer => ({
    second: secondAt(plus(askedAt, looksAfter)),
    askedAt,
    firstByteAt: plus(askedAt, looksAfter + answersAfter),
  })
  return { beginOf, ask }
}

test('one answer says to a second and what it took, and is no label', () => {
  const answer = { second: 7n, askedAt: monoNs(10_000n * MS), firstByteAt: monoNs(10_030n * MS) }
  const tick = narrow(undefined, answer)
  assert.deepEqual(tick, { second: 7n, lo: 9_000n * MS, hi: 10_030n * MS, at: 10_030n * MS })
  assert.ok(tick !== undefined && !isInside(tick, answer))
})

test('an answer that contradicts is told apart', () => {
  const tick = narrow(undefined, { second: 7n, askedAt: monoNs(10_000n * MS), firstByteAt: monoNs(10_030n * MS) })
  assert.ok(tick !== undefined)
  const later = { askedAt: monoNs(12_000n * MS), firstByteAt: monoNs(12_030n * MS) }
  assert.notEqual(narrow(tick, { second: 9n, ...later }), undefined)
  assert.equal(narrow(tick, { second: 11n, ...later }), undefined)
  assert.equal(narrow(tick, { second: 7n, ...later }), undefined)
})

test('asking where it is said to ask finds the second in a few answers, and what is inside names the right pulse', () => {
  const phase = fc.bigInt({ min: 0n, max: NS_PER_SECOND - 1n })
  const look = fc.bigInt({ min: 1n * MS, max: 60n * MS })
  const ppm = fc.bigInt({ min: -90n, max: 90n })
  fc.assert(
    fc.property(
      phase,
      ppm,
      fc.array(fc.tuple(look, look), { minLength: 12, maxLength: 40 }),
      (phaseNs, rate, looks) => {
        const { beginOf, ask } = unit(phaseNs, rate)
        let tick: Tick | undefined
        let askAt = monoNs(5_000n * NS_PER_SECOND)
        let inside = 0
        for (const [index, [looksAfter, answersAfter]] of looks.entries()) {
          const answer = ask(askAt, looksAfter, answersAfter)
          tick = narrow(tick, answer)
          assert.ok(tick !== undefined, 'a steady unit never contradicts itself')
          const begins = beginOf(answer.second)
          assert.ok(tick.lo <= begins && begins <= tick.hi, 'the second lies within what is known')
          if (isInside(tick, answer)) {
            inside += 1
            assert.ok(begins < answer.firstByteAt && answer.firstByteAt < beginOf(answer.second + 1n))
          }
          askAt = nextAskAt(tick, plus(answer.firstByteAt, 800n * MS))
          if (index >= 8) assert.ok(between(tick.lo, tick.hi) <= 310n * MS, 'eight answers are enough')
        }
        assert.ok(inside > 0)
      },
    ),
  )
})

test('after a long silence nothing is inside until it is found again', () => {
  const tick: Tick = { second: 100n, lo: monoNs(0n), hi: monoNs(100n * MS), at: monoNs(0n) }
  const later = monoNs(5_000n * NS_PER_SECOND + 550n * MS)
  assert.ok(!isInside(tick, { second: 5_100n, askedAt: later, firstByteAt: plus(later, 30n * MS) }))
})
