import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { unwrap } from '../../test/support/results.ts'
import { taiOf } from '../../test/support/virtual-sky.ts'
import { gpsCalendar, gpsToTai, taiToGps } from './gps-time.ts'
import { type LabelReader, readLabel } from './label-reader.ts'
import type { PrimaryTiming, TimingFlags } from './primary-timing.ts'

const FLAGS = { utcTime: false, utcPulse: false, timeNotSet: false, noUtcInfo: false, timeFromUser: false }

function timing(tai: TaiNs, flags: Partial<TimingFlags> = {}, utcOffsetSeconds = 18): PrimaryTiming {
  const behind = flags.utcTime === true ? utcOffsetSeconds : 0
  return {
    ...taiToGps(tai),
    utcOffsetSeconds,
    flags: { ...FLAGS, ...flags },
    calendar: unwrap(gpsCalendar(tai, behind)),
  }
}

function reader(repairs = false, floor: TaiNs | null = taiOf('2025-01-01T00:00:00')): LabelReader {
  return { table: EMBEDDED_LEAP_TABLE, floor: floor ?? undefined, repairs, last: undefined }
}

const NOON = taiOf('2026-01-15T12:00:00')
const AT = monoNs(100n * NS_PER_SECOND)

describe('labels of 8F-AB', () => {
  test('are the second of week and time of week, whatever the scale of the calendar', () => {
    for (const flags of [{}, { utcTime: true, utcPulse: true }]) {
      const named = readLabel(reader(), timing(NOON, flags), AT)
      assert.deepEqual([named.taiNs, named.trusted, named.faults], [NOON, true, []])
      assert.equal(named.taiMinusUtcSeconds, 37)
    }
  })

  test('are right in GPS time before the difference to UTC is known, and not believed in UTC', () => {
    const gps = readLabel(reader(), timing(NOON, { noUtcInfo: true }, 0), AT)
    assert.deepEqual([gps.taiNs, gps.trusted, gps.taiMinusUtcSeconds], [NOON, true, undefined])
    assert.equal(readLabel(reader(), timing(NOON, { noUtcInfo: true, utcTime: true }, 0), AT).trusted, false)
    assert.equal(readLabel(reader(), timing(NOON, { utcTime: true }, 0), AT).trusted, false)
  })

  test('are not believed in UTC with another difference than that of the leap table', () => {
    const utc = readLabel(reader(), timing(NOON, { utcTime: true }, 16), AT)
    assert.deepEqual([utc.trusted, utc.contradictsTable], [false, true])
    const gps = readLabel(reader(), timing(NOON, {}, 16), AT)
    assert.deepEqual([gps.taiNs, gps.trusted, gps.contradictsTable], [NOON, true, true])
  })

  test('are not believed before the time is set or after a host has set it, and that is no fault', () => {
    for (const flags of [{ timeNotSet: true }, { timeFromUser: true }]) {
      const named = readLabel(reader(), timing(taiOf('1999-08-22T00:00:05'), flags), AT)
      assert.deepEqual([named.trusted, named.faults], [false, []])
    }
  })

  test('go on through a leap second, of which UTC shows :59 twice', () => {
    const it = reader(false, null)
    const midnight = taiOf('2017-01-01T00:00:00')
    const shown = [-2n, -1n, 0n, 1n].map((second, index) => {
      const tai = plus(midnight, second * NS_PER_SECOND)
      const said = timing(tai, { utcTime: true }, second < -1n ? 17 : 18)
      const named = readLabel(it, said, plus(AT, BigInt(index) * NS_PER_SECOND))
      assert.deepEqual([named.taiNs, named.trusted, named.faults, named.contradictsTable], [tai, true, [], false])
      return said.calendar.second
    })
    assert.deepEqual(shown, [59, 59, 0, 1])
  })

  test('before the floor date are reported, or repaired by whole rollovers', () => {
    const early = taiOf('2006-06-01T12:00:23')
    const [reported, repaired] = [reader(), reader(true)].map((it) => readLabel(it, timing(early, {}, 18), AT))
    assert.equal(reported?.trusted, false)
    assert.match(
      reported?.faults[0]?.message ?? '',
      /expected a date since 2025-01-01.*got 2006-06-01T12:00:37 \(1024 weeks later: 2026-01-15T12:00:37\)$/,
    )
    assert.deepEqual(
      [repaired?.taiNs, repaired?.trusted, repaired?.rollover],
      [plus(NOON, 19n * NS_PER_SECOND), true, 'repaired'],
    )
  })

  test('must go on like time: not stand still, not jump, and not come so late that another pulse may have been', () => {
    const codes = (elapsedMs: bigint, advanceSeconds: bigint): readonly string[] => {
      const it = reader()
      readLabel(it, timing(NOON), AT)
      const next = timing(plus(NOON, advanceSeconds * NS_PER_SECOND))
      return readLabel(it, next, plus(AT, elapsedMs * NS_PER_MILLISECOND)).faults.map(({ code }) => code)
    }
    assert.deepEqual([codes(1000n, 1n), codes(1300n, 1n), codes(40n, 1n), codes(3_600_000n, 3600n)], [[], [], [], []])
    assert.deepEqual(codes(1000n, 0n), ['tsip.stuck-second'])
    assert.deepEqual(
      [codes(1000n, -1n), codes(1000n, 2n), codes(3000n, 1n)],
      [['tsip.time-step'], ['tsip.time-step'], ['tsip.time-step']],
    )
    assert.deepEqual(codes(1400n, 1n), ['tsip.late-label'])
  })

  test('are not believed with any one byte changed, unless they mean the same second', () => {
    const said = timing(NOON)
    const fields = ['timeOfWeek', 'week'] as const
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.integer({ min: 1, max: 255 }), (field, change) => {
        const named = readLabel(reader(), { ...said, [field]: said[field] ^ change }, AT)
        assert.deepEqual([named.trusted, named.coherent, named.faults[0]?.code], [false, false, 'tsip.calendar'])
      }),
    )
    for (const field of ['year', 'month', 'day', 'hour', 'minute', 'second']) {
      const named = readLabel(reader(), { ...said, calendar: { ...said.calendar, [field]: 3 } }, AT)
      assert.equal(named.trusted, false, field)
    }
    assert.equal(readLabel(reader(), { ...said, flags: { ...FLAGS, utcTime: true } }, AT).trusted, false)
  })
})

test('week and time of week there and back again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5999 }), fc.integer({ min: 0, max: 604_799 }), (week, timeOfWeek) => {
      assert.deepEqual(taiToGps(gpsToTai(week, timeOfWeek)), { week, timeOfWeek })
    }),
  )
})
