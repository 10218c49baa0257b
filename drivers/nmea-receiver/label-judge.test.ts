import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type UtcTime, utcToTai } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND } from '../../src/core/time.ts'
import { createLabelJudge, type LabelJudge, shiftDays } from './label-judge.ts'
import { parseOptions } from './options.ts'

const NOON: UtcTime = { year: 2026, month: 1, day: 15, hour: 12, minute: 0, second: 0, nanosecond: 0 }

function judgeWith(floorDate: string | null): LabelJudge {
  const options = parseOptions({ floorDate }, 'options')
  assert.ok(options.ok)
  return createLabelJudge(options.value, EMBEDDED_LEAP_TABLE)
}

function ms(milliseconds: number): MonoNs {
  return monoNs(BigInt(milliseconds) * NS_PER_MILLISECOND)
}

/** One sentence of 50 ms that comes at `atMs`; the codes of its faults. */
function say(judge: LabelJudge, type: 'rmc' | 'zda', utc: UtcTime, atMs: number): string[] {
  const tai = utcToTai(EMBEDDED_LEAP_TABLE, utc)
  assert.ok(tai.ok)
  const firstByteAt = ms(atMs)
  judge.note(firstByteAt, ms(atMs + 50))
  const address = `GP${type.toUpperCase()}`
  return judge
    .judge({ type, address, reading: utc, scale: 'utc', taiNs: tai.value, firstByteAt })
    .faults.map((fault) => fault.code)
}

function codes(judge: LabelJudge, atMs: number): string[] {
  return judge.alarms(ms(atMs)).map(({ code }) => code)
}

describe('label judge', () => {
  test('has nothing against sentences that agree, second by second', () => {
    const judge = judgeWith('2025-01-01')
    for (let second = 0; second < 5; second++) {
      assert.deepEqual(say(judge, 'rmc', { ...NOON, second }, second * 1000 + 60), [])
      assert.deepEqual(say(judge, 'zda', { ...NOON, second }, second * 1000 + 400), [])
    }
    assert.deepEqual(codes(judge, 5000), [])
  })

  test('finds two sentences of one burst that differ by a second, and holds the alarm for three', () => {
    const judge = judgeWith(null)
    assert.deepEqual(say(judge, 'rmc', NOON, 1060), [])
    assert.deepEqual(say(judge, 'rmc', { ...NOON, second: 1 }, 2060), [])
    assert.deepEqual(say(judge, 'zda', { ...NOON, second: 2 }, 2300), ['nmea.disagree'])
    assert.deepEqual(codes(judge, 5299), ['nmea.disagree'])
    assert.deepEqual(codes(judge, 5300), [])
  })

  test('finds a later sentence with an earlier time, and one time of day on two dates, without knowing bursts', () => {
    const backwards = judgeWith(null)
    say(backwards, 'rmc', { ...NOON, second: 2 }, 1060)
    assert.deepEqual(say(backwards, 'zda', { ...NOON, second: 1 }, 1110), ['nmea.disagree'])
    const dates = judgeWith(null)
    say(dates, 'rmc', NOON, 1060)
    assert.deepEqual(say(dates, 'zda', { ...NOON, day: 16 }, 1110), ['nmea.disagree'])
  })

  test('does not take the next burst for the same one on a line that never rests', () => {
    const judge = judgeWith(null)
    judge.note(ms(-1000), ms(-900))
    for (let second = 0; second < 5; second++) {
      for (let part = 0; part < 16; part++)
        judge.note(ms(second * 1000 + part * 60), ms(second * 1000 + part * 60 + 59))
      assert.deepEqual(say(judge, 'zda', { ...NOON, second }, second * 1000 + 900), [])
      assert.deepEqual(say(judge, 'rmc', { ...NOON, second: second + 1 }, second * 1000 + 960), [])
    }
  })

  test('finds a time that stands still, per address', () => {
    const judge = judgeWith(null)
    assert.deepEqual(say(judge, 'rmc', NOON, 1060), [])
    assert.deepEqual(say(judge, 'zda', NOON, 1120), [])
    assert.deepEqual(say(judge, 'rmc', NOON, 2060), ['nmea.stuck'])
    assert.deepEqual(codes(judge, 2060), ['nmea.stuck'])
  })

  test('finds a date before the floor, and says which date 1024 weeks would make of it', () => {
    const judge = judgeWith('2019-01-01')
    const utc = { ...NOON, year: 1999, month: 8, day: 22, hour: 0, minute: 2, second: 31 }
    const tai = utcToTai(EMBEDDED_LEAP_TABLE, utc)
    assert.ok(tai.ok)
    const { faults } = judge.judge({
      type: 'rmc',
      address: 'GPRMC',
      reading: utc,
      scale: 'utc',
      taiNs: tai.value,
      firstByteAt: ms(0),
    })
    assert.deepEqual(faults, [
      {
        code: 'nmea.week-rollover',
        message:
          'GPRMC: expected a date from the configured floorDate on, got 1999-08-22 (1024-week repair: 2019-04-07)',
      },
    ])
  })

  test('repairs as many rollovers as the floor asks for, and a leap second too', () => {
    const judge = judgeWith('2025-01-01')
    const utc = { ...NOON, year: 1998, month: 12, day: 31, hour: 23, minute: 59, second: 60 }
    const tai = utcToTai(EMBEDDED_LEAP_TABLE, utc)
    assert.ok(tai.ok)
    const [fault] = judge.judge({
      type: 'zda',
      address: 'GPZDA',
      reading: utc,
      scale: 'utc',
      taiNs: tai.value,
      firstByteAt: ms(0),
    }).faults
    // 1998-12-31 and 2 × 7168 days.
    assert.match(fault?.message ?? '', /repair: 2038-04-01\)$/)
  })

  test('lets every date pass where the floor is switched off', () => {
    assert.deepEqual(say(judgeWith(null), 'rmc', { ...NOON, year: 1999 }, 0), [])
  })

  test('shifts dates by days whatever leap seconds lie between, and not before the leap table', () => {
    const midnight = { ...NOON, year: 2019, month: 4, day: 7, hour: 0, minute: 0, second: 1 }
    const early = shiftDays(EMBEDDED_LEAP_TABLE, midnight, -7168)
    assert.deepEqual(early, { ok: true, value: { ...midnight, year: 1999, month: 8, day: 22 } })
    assert.ok(!shiftDays(EMBEDDED_LEAP_TABLE, { ...NOON, year: 1985 }, -7168).ok)
  })
})
