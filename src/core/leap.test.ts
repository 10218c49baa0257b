import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  formatUtc,
  type LeapTable,
  leapTableExpired,
  nextLeapSecond,
  parseLeapSecondsList,
  realtimeToTai,
  taiMinusUtcAt,
  taiToUtc,
  type UtcTime,
  utcToTai,
} from './leap.ts'
import { EMBEDDED_LEAP_TABLE } from './leap-table.ts'
import { NS_PER_SECOND, realtimeNs, type TaiNs, taiNs } from './time.ts'

const MIDNIGHT_2017 = 1_483_228_800n
/** A table that deletes 23:59:59 of 2016-12-31. */
const DELETING: LeapTable = {
  entries: [
    { sinceUtcSecond: 63_072_000n, taiMinusUtcSeconds: 10 },
    { sinceUtcSecond: MIDNIGHT_2017, taiMinusUtcSeconds: 9 },
  ],
  expiresAtUtcSecond: 1_600_000_000n,
  origin: 'a table that deletes a second',
}

function utc(date: string, second = 0, nanosecond = 0): UtcTime {
  const [year, month, day, hour, minute] = date.split(/[-T:]/).map(Number)
  return { year: year ?? 0, month: month ?? 0, day: day ?? 0, hour: hour ?? 0, minute: minute ?? 0, second, nanosecond }
}

function tai(seconds: bigint, nanosecond = 0n): TaiNs {
  return taiNs(seconds * NS_PER_SECOND + nanosecond)
}

function shown(at: TaiNs, table = EMBEDDED_LEAP_TABLE): string {
  const read = taiToUtc(table, at)
  return read.ok ? formatUtc(read.value) : read.fault.code
}

function instant(time: UtcTime, table = EMBEDDED_LEAP_TABLE): bigint | string {
  const at = utcToTai(table, time)
  return at.ok ? at.value : at.fault.code
}

function parsed(text: string): LeapTable | string {
  const table = parseLeapSecondsList(text, 'list')
  return table.ok ? table.value : `${table.fault.code} ${table.fault.message}`
}

function complaintOf(text: string): string {
  const table = parsed(text)
  return typeof table === 'string' ? table : 'none'
}

describe('leap seconds', () => {
  it('reads 23:59:60 in the inserted second of 2016 and finds its way back', () => {
    const expected = ['2016-12-31T23:59:59', '2016-12-31T23:59:60', '2017-01-01T00:00:00']
    const first = MIDNIGHT_2017 - 1n + 36n
    expected.forEach((text, index) => {
      const at = tai(first + BigInt(index), 999_999_999n)
      assert.equal(shown(at), `${text}.999999999Z`)
      const read = taiToUtc(EMBEDDED_LEAP_TABLE, at)
      assert.ok(read.ok)
      assert.equal(instant(read.value), at)
    })
    assert.equal(taiMinusUtcAt(EMBEDDED_LEAP_TABLE, tai(first + 1n)), 36)
    assert.equal(taiMinusUtcAt(EMBEDDED_LEAP_TABLE, tai(first + 2n)), 37)
  })

  it('skips a deleted second', () => {
    assert.equal(shown(tai(MIDNIGHT_2017 - 2n + 10n), DELETING), '2016-12-31T23:59:58.000000000Z')
    assert.equal(shown(tai(MIDNIGHT_2017 - 1n + 10n), DELETING), '2017-01-01T00:00:00.000000000Z')
    assert.equal(instant(utc('2016-12-31T23:59', 59), DELETING), 'leap.no-such-second')
    assert.equal(instant(utc('2016-12-31T23:59', 60), DELETING), 'leap.no-such-second')
    assert.equal(instant(utc('2016-12-31T23:59', 58), DELETING), tai(MIDNIGHT_2017 - 2n + 10n))
    assert.equal(instant(utc('2017-01-01T00:00'), DELETING), tai(MIDNIGHT_2017 + 9n))
  })

  it('finds every instant of the table back, around leaps above all', () => {
    for (const table of [EMBEDDED_LEAP_TABLE, DELETING]) {
      const leaps = fc.constantFrom(...table.entries.map(({ sinceUtcSecond }) => sinceUtcSecond))
      const near = fc.tuple(leaps, fc.bigInt({ min: 20n, max: 60n })).map(([leap, s]) => leap + s)
      const anywhere = fc.bigInt({ min: 63_072_010n, max: 4_102_444_800n })
      fc.assert(
        fc.property(fc.oneof(near, anywhere), fc.bigInt({ min: 0n, max: 999_999_999n }), (second, nanosecond) => {
          const at = tai(second, nanosecond)
          const read = taiToUtc(table, at)
          assert.ok(read.ok)
          assert.equal(instant(read.value, table), at)
          const next = shown(taiNs(at + NS_PER_SECOND), table)
          assert.ok(formatUtc(read.value) < next, `${formatUtc(read.value)} is not before ${next}`)
        }),
        { numRuns: 500 },
      )
    }
  })

  it('agrees with the calendar of Date on ordinary days', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_483_228_800, max: 4_102_444_799 }), (second) => {
        const iso = new Date(second * 1_000).toISOString().replace('.000Z', '.000000000Z')
        assert.equal(shown(tai(BigInt(second) + 37n)), iso)
      }),
    )
  })

  it('refuses a 60th second where none is inserted, and dates and times that are none', () => {
    assert.equal(instant(utc('2015-12-31T23:59', 60)), 'leap.no-such-second')
    assert.equal(instant(utc('2016-12-31T12:00', 60)), 'utc.time')
    assert.equal(instant(utc('2016-12-31T24:00')), 'utc.time')
    assert.equal(instant(utc('2016-12-31T23:60')), 'utc.time')
    assert.equal(instant(utc('2016-12-31T23:59', 61)), 'utc.time')
    assert.equal(instant(utc('2016-12-31T23:59', 0, 1_000_000_000)), 'utc.time')
    assert.equal(instant(utc('2016-12-31T23:59', 0.5)), 'utc.time')
    for (const date of [
      '2017-02-29T00:00',
      '2016-13-01T00:00',
      '2016-04-31T00:00',
      '2016-00-10T00:00',
      '2100-02-29T00:00',
    ])
      assert.equal(instant(utc(date)), 'utc.date', date)
    assert.equal(typeof instant(utc('2000-02-29T00:00')), 'bigint')
  })

  it('answers with a fault where a field of the calendar is no finite integer', () => {
    for (const year of [Number.NaN, Number.POSITIVE_INFINITY, 2016.5]) {
      assert.equal(instant({ ...utc('2016-01-01T00:00'), year }), 'utc.date')
      assert.equal(instant({ ...utc('2016-01-01T00:00'), day: year }), 'utc.date')
    }
  })

  it('answers with a fault before 1972', () => {
    assert.equal(shown(tai(63_072_010n)), '1972-01-01T00:00:00.000000000Z')
    assert.equal(shown(taiNs(63_072_010n * NS_PER_SECOND - 1n)), 'leap.before-table')
    assert.equal(shown(tai(-5n)), 'leap.before-table')
    assert.equal(instant(utc('1971-12-31T23:59', 59)), 'leap.before-table')
    assert.equal(taiMinusUtcAt(EMBEDDED_LEAP_TABLE, tai(0n)), undefined)
  })

  it('knows when its table has expired and converts all the same', () => {
    const expiry = EMBEDDED_LEAP_TABLE.expiresAtUtcSecond + 37n
    assert.equal(leapTableExpired(EMBEDDED_LEAP_TABLE, taiNs(expiry * NS_PER_SECOND - 1n)), false)
    assert.equal(leapTableExpired(EMBEDDED_LEAP_TABLE, tai(expiry)), true)
    assert.equal(shown(tai(expiry)), '2027-06-28T00:00:00.000000000Z')
  })

  it('takes a reading of CLOCK_REALTIME for UTC', () => {
    const at = realtimeToTai(EMBEDDED_LEAP_TABLE, realtimeNs(MIDNIGHT_2017 * NS_PER_SECOND + 5n))
    assert.deepEqual(at, { ok: true, value: (MIDNIGHT_2017 + 37n) * NS_PER_SECOND + 5n })
    const before = realtimeToTai(EMBEDDED_LEAP_TABLE, realtimeNs(MIDNIGHT_2017 * NS_PER_SECOND - 1n))
    assert.deepEqual(before, { ok: true, value: (MIDNIGHT_2017 + 36n) * NS_PER_SECOND - 1n })
    const early = realtimeToTai(EMBEDDED_LEAP_TABLE, realtimeNs(-1n))
    assert.equal(early.ok ? '' : early.fault.code, 'leap.before-table')
  })
})

describe('leap-seconds.list', () => {
  it('reads entries, expiry and comments', () => {
    const table = parsed('#$ 3676924800\n#@\t3833827200\n# text\n2272060800 10 # 1 Jan 1972\r\n2287785600\t11\n\n')
    assert.deepEqual(table, {
      entries: [
        { sinceUtcSecond: 63_072_000n, taiMinusUtcSeconds: 10 },
        { sinceUtcSecond: 78_796_800n, taiMinusUtcSeconds: 11 },
      ],
      expiresAtUtcSecond: 1_624_838_400n,
      origin: 'list',
    })
  })

  it('says where a list is wrong', () => {
    const expiry = '#@ 3833827200\n'
    assert.match(complaintOf(`${expiry}2272060800 ten`), /^leap\.line list:2: /)
    assert.match(complaintOf(`${expiry}2272060800`), /^leap\.line list:2: /)
    assert.match(complaintOf(`${expiry}-2272060800 10`), /^leap\.line list:2: /)
    assert.match(complaintOf(`${expiry}2287785600 11\n2272060800 10`), /^leap\.order list:3: /)
    assert.match(complaintOf(`${expiry}2272060800 10\n2272060800 10`), /^leap\.order list:3: /)
    assert.match(complaintOf(`${expiry}2272060801 10`), /^leap\.midnight list:2: /)
    assert.match(complaintOf(expiry), /^leap\.empty list: /)
    assert.match(complaintOf('2272060800 10'), /^leap\.no-expiry list: /)
    assert.match(complaintOf(''), /^leap\.empty list: /)
  })

  it('answers any text with a table or a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('#@ 0123456789\n\r\tx-')) }), (text) => {
        const table = parseLeapSecondsList(text, 'list')
        assert.ok(table.ok || table.fault.code.startsWith('leap.'))
      }),
    )
  })
})

it('the next leap second is the first that is not over, with where seconds are counted apart', () => {
  const table: LeapTable = {
    entries: [
      { sinceUtcSecond: 0n, taiMinusUtcSeconds: 10 },
      { sinceUtcSecond: 1_000n, taiMinusUtcSeconds: 11 },
      { sinceUtcSecond: 2_000n, taiMinusUtcSeconds: 10 },
    ],
    expiresAtUtcSecond: 3_000n,
    origin: 'test',
  }
  const next = (second: bigint) => nextLeapSecond(table, taiNs(second * NS_PER_SECOND))
  const at = (second: bigint) => taiNs(second * NS_PER_SECOND)
  assert.deepEqual(next(1_010n), { change: 'insert', from: at(1_010n), until: at(1_011n) })
  assert.equal(next(1_011n)?.change, 'delete')
  assert.deepEqual(next(2_009n), { change: 'delete', from: at(2_010n), until: at(2_010n) })
  assert.equal(next(2_010n), undefined)
})
