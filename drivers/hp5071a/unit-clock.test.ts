import assert from 'node:assert/strict'
import { test } from 'node:test'
import { taiToUtc } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { taiOf } from '../../test/support/virtual-sky.ts'
import { civilOf, mjdOfUtcSecond } from './modified-julian-date.ts'
import { createUnitClock, type UnitClock } from './unit-clock.ts'

const MS = 1_000_000n

/** A unit that tells UTC, asked at a given instant of it; its seconds begin 123 ms after those of the local oscillator. */
function desk(startsAt: string) {
  const clock = createUnitClock(EMBEDDED_LEAP_TABLE)
  const start = taiOf(startsAt)
  const monoOf = (tai: TaiNs): MonoNs => monoNs(1_000n * NS_PER_SECOND + 123n * MS + (tai - start))
  const faceAt = (at: MonoNs, aheadNs: bigint) => {
    const utc = taiToUtc(EMBEDDED_LEAP_TABLE, plus(start, at - monoOf(start) + aheadNs))
    assert.ok(utc.ok)
    return utc.value
  }
  /** Asks for the time when the clock wants it. */
  const time = (aheadNs = 0n): ReturnType<UnitClock['time']> & { readonly at: MonoNs } => {
    const wanted = clock.nextTimeAt()
    const askedAt = wanted === 0n ? monoOf(start) : wanted
    const { hour, minute, second } = faceAt(plus(askedAt, 10n * MS), aheadNs)
    const heard = clock.time({ hour, minute, second, askedAt, firstByteAt: plus(askedAt, 25n * MS) })
    return { ...heard, at: plus(askedAt, 25n * MS) }
  }
  const date = (afterAt: MonoNs): void => {
    const { year, month, day } = faceAt(plus(afterAt, 60n * MS), 0n)
    clock.date(mjdOfUtcSecond(BigInt(Date.UTC(year, month - 1, day) / 1000)))
  }
  const truth = (at: MonoNs): TaiNs => {
    const since = at - monoOf(start)
    return plus(start, since - (((since % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND))
  }
  return { clock, time, date, truth }
}

test('modified Julian dates are days of the calendar', () => {
  assert.deepEqual(civilOf(0), { year: 1858, month: 11, day: 17 })
  assert.deepEqual(civilOf(40_587), { year: 1970, month: 1, day: 1 })
  assert.deepEqual(civilOf(51_603), { year: 2000, month: 2, day: 29 })
  for (let mjd = 0; mjd <= 99_999; mjd += 37) {
    const { year, month, day } = civilOf(mjd)
    assert.equal(Date.UTC(year, month - 1, day) / 86_400_000 + 40_587, mjd)
  }
  assert.equal(mjdOfUtcSecond(86_400n), 40_588)
})

test('without a date there is no label; with one, and where the seconds begin, the right one', () => {
  const { time, date, truth } = desk('2026-01-15T12:00:00')
  assert.equal(time().label, undefined)
  date(time().at)
  let certain = 0
  for (let asked = 0; asked < 20; asked++) {
    const { label, faults, at } = time()
    assert.deepEqual(faults, [])
    assert.ok(label !== undefined)
    if (!label.isCertain) continue
    certain += 1
    assert.equal(label.taiNs, truth(at))
  }
  assert.ok(certain >= 12, String(certain))
})

test('a date that was asked for as midnight passed does not count, of whichever day it is', () => {
  for (const mjd of [61_055, 61_056]) {
    const clock = createUnitClock(EMBEDDED_LEAP_TABLE)
    const ask = (hour: number, minute: number, second: number, atMs: bigint) => {
      const askedAt = monoNs(atMs * MS)
      return clock.time({ hour, minute, second, askedAt, firstByteAt: plus(askedAt, 25n * MS) }).label
    }
    ask(23, 59, 59, 1_000n)
    clock.date(mjd)
    assert.equal(ask(0, 0, 0, 2_000n), undefined)
    clock.date(61_056)
    assert.equal(ask(0, 0, 1, 3_000n)?.mjd, 61_056)
  }
})

test('midnight, and a leap second at it, are passed without a wrong second', () => {
  for (const startsAt of ['2026-01-15T23:59:40', '2016-12-31T23:59:40']) {
    const { time, date, truth } = desk(startsAt)
    date(time().at)
    let certain = 0
    for (let asked = 0; asked < 25; asked++) {
      const { label, faults, at } = time()
      assert.deepEqual(faults, [], startsAt)
      if (label?.isCertain !== true) continue
      certain += 1
      assert.equal(label.taiNs, truth(at), startsAt)
    }
    assert.ok(certain >= 12, String(certain))
  }
})

test('a clock that was moved is noticed, told once for each answer, and never believed by this driver again', () => {
  const { clock, time, date } = desk('2026-01-15T12:00:00')
  date(time().at)
  for (let asked = 0; asked < 10; asked++) time()
  assert.ok(!clock.wasMoved())
  for (let asked = 0; asked < 3; asked++) {
    const { label, faults } = time(NS_PER_SECOND)
    assert.equal(label, undefined)
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['hp5071a.time-step'],
    )
  }
  assert.ok(clock.wasMoved())
})

test('one wrong answer is no move', () => {
  const { clock, time, date } = desk('2026-01-15T12:00:00')
  date(time().at)
  for (let asked = 0; asked < 10; asked++) time()
  assert.equal(time(3n * NS_PER_SECOND).label, undefined)
  assert.notEqual(time().label, undefined)
  assert.ok(!clock.wasMoved())
})

test('a date that stays another than the times go on from is a move', () => {
  const { clock, time, date } = desk('2026-01-15T12:00:00')
  date(time().at)
  time()
  for (let asked = 0; asked < 3; asked++) {
    clock.date(50_000)
    assert.deepEqual(
      time().faults.map(({ code }) => code),
      ['hp5071a.date'],
    )
  }
  assert.ok(clock.wasMoved())
})

test('a clock that was never set tells times before there was UTC, and gives no label', () => {
  const clock = createUnitClock(EMBEDDED_LEAP_TABLE)
  const ask = (second: number) =>
    clock.time({
      hour: 0,
      minute: 0,
      second,
      askedAt: monoNs(BigInt(second) * NS_PER_SECOND),
      firstByteAt: monoNs(BigInt(second) * NS_PER_SECOND + 1n),
    })
  ask(1)
  clock.date(0)
  const { label, faults } = ask(2)
  assert.equal(label, undefined)
  assert.equal(faults.length, 1)
})
