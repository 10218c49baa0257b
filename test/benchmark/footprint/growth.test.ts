import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf, type Taking, verdictOf } from './growth.ts'

const HOUR_S = 3_600

/** An hour in steps of 5 s: collected every `periodS`, which leaves `left(atS)`, and 5 MiB more are there at the latest before the next. */
function hour(periodS: number, left: (atS: number) => number): readonly Taking[] {
  return Array.from({ length: HOUR_S / 5 + 1 }, (_, index) => {
    const atS = 5 * index
    return { atS, miB: left(atS) + (5 * (atS % periodS)) / periodS }
  })
}

function judged(taken: readonly Taking[]): string {
  const growth = growthOf(taken)
  assert.ok(growth !== undefined)
  return verdictOf(growth)
}

test('what is collected every few minutes is flat, whatever it climbs to in between', () => {
  for (const periodS of [20, 45, 130, 200]) assert.equal(judged(hour(periodS, () => 120)), 'flat', `every ${periodS} s`)
})

test('what is left after collections is what grows', () => {
  const growth = growthOf(hour(50, (atS) => 120 + (4 * atS) / HOUR_S))
  assert.ok(growth !== undefined)
  assert.ok(Math.abs(growth.perHourMiB - 4) <= growth.uncertaintyMiB + 0.01)
  assert.equal(verdictOf(growth), 'grows')
})

test('growth that ended before the second half is not held against it', () => {
  assert.equal(judged(hour(50, (atS) => 120 + Math.min(10, atS / 60))), 'flat')
})

test('a line through steps in both directions says that it cannot tell', () => {
  assert.equal(judged(hour(50, (atS) => 120 + (Math.floor(atS / 300) % 3) * 2)), 'cannot tell')
})

test('too few readings say nothing', () => {
  assert.equal(growthOf([]), undefined)
  assert.equal(growthOf(hour(50, () => 120).filter((_, index) => index % 60 === 0)), undefined)
})
