import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LeapTable, UtcTime } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { createBurst } from './burst.ts'
import { gpsToTai, isUtcCount, secondOf } from './epoch.ts'
import { parseOptions } from './options.ts'
import type { UbxMessage } from './protocol.ts'
import { createTimeKeeper } from './time-keeper.ts'

/** TAI of 2016-12-31T23:59:60, which is second 18 before the week's end of GPS; and by GPS week 1930 begins 2017-01-01. */
const INSERTED = taiNs(1_483_228_836n * NS_PER_SECOND)
const GPS_OF_INSERTED_MS = 17_000
const WEEK = 1930

const gpsTime = (iTowMs: number, week = WEEK, fractionNs = 0): UbxMessage => ({
  type: 'gps-time',
  iTowMs,
  fractionNs,
  week,
  leapSeconds: 17,
  towValid: true,
  weekValid: true,
  leapSecondsValid: true,
  accuracyNs: 10,
})

const utcTime = (iTowMs: number, utc: Partial<UtcTime>, fractionNs = 0): UbxMessage => ({
  type: 'utc-time',
  iTowMs,
  fractionNs,
  utc: { year: 2016, month: 12, day: 31, hour: 23, minute: 59, second: 0, nanosecond: 0, ...utc },
  accuracyNs: 10,
  towValid: true,
  weekValid: true,
  utcValid: true,
  utcStandard: 3,
})

const pulse = (towMs: number, timeBase: 'utc' | 'gnss', week = WEEK, reference = 0): UbxMessage => ({
  type: 'time-pulse',
  towMs,
  towSubMs: 0,
  quantizationErrorPs: 5,
  week,
  timeBase,
  utcAvailable: true,
  raim: 'active',
  notLocked: false,
  reference,
  utcStandard: 3,
})

function keeper(input: Record<string, unknown> = {}, table: LeapTable = EMBEDDED_LEAP_TABLE) {
  const options = parseOptions({ floorDate: null, ...input }, 'o')
  assert.ok(options.ok)
  const burst = createBurst()
  const times = createTimeKeeper(options.value, table, burst)
  let now: MonoNs = monoNs(1_000n * NS_PER_SECOND)
  /** Each message lasts ten milliseconds. */
  const tell = (message: UbxMessage, resolved = true) => {
    const arrival = { firstByteAt: now, lastByteAt: plus(now, 10n * NS_PER_MILLISECOND) }
    burst.note(arrival.firstByteAt, arrival.lastByteAt)
    now = arrival.lastByteAt
    return times.note(message, arrival, resolved)
  }
  const say = (utc: UtcTime) => {
    const arrival = { firstByteAt: now, lastByteAt: now }
    burst.note(now, now)
    return times.noteSentence('GNRMC', utc, arrival, true)
  }
  const rest = (milliseconds = 900): void => {
    now = plus(now, BigInt(milliseconds) * NS_PER_MILLISECOND)
  }
  return { times, tell, say, rest, now: () => now }
}

const codes = (faults: readonly { readonly code: string }[]): string[] => faults.map(({ code }) => code)

describe('epochs', () => {
  test('GPS time runs 19 s behind TAI from its beginning in 1980', () => {
    assert.equal(gpsToTai(0, 0, 0), 315_964_819n * NS_PER_SECOND)
    assert.equal(gpsToTai(WEEK, GPS_OF_INSERTED_MS, 0), INSERTED)
  })

  test('an epoch belongs to the nearest second, or to none', () => {
    assert.equal(secondOf(taiNs(-119_211n)), 0n)
    assert.equal(secondOf(taiNs(1_000_321_732n)), 1_000_000_000n)
    assert.equal(secondOf(taiNs(200_000_000n)), undefined)
  })

  test('a count of UTC shares the number of an inserted second with either neighbour', () => {
    const before = isUtcCount(EMBEDDED_LEAP_TABLE, INSERTED, 1929, 604_799_000)
    const behind = isUtcCount(EMBEDDED_LEAP_TABLE, INSERTED, 1930, 0)
    assert.deepEqual([before, behind], [true, true])
    const next = plus(INSERTED, NS_PER_SECOND)
    assert.deepEqual(
      [0, 1000, -1000].map((ms) => isUtcCount(EMBEDDED_LEAP_TABLE, next, 1930, ms)),
      [true, false, false],
    )
  })
})

describe('time keeper', () => {
  test('names the preceding pulse by GPS time, and says the same of UTC beside it', () => {
    const { tell } = keeper()
    const { named, faults } = tell(gpsTime(16_000, WEEK, -119_211))
    assert.deepEqual(
      [named?.second, named?.names, named?.trusted, faults],
      [plus(INSERTED, -NS_PER_SECOND), 'preceding-pulse', true, []],
    )
    assert.deepEqual(tell(utcTime(16_000, { second: 59 }, -119_211)), { faults: [], named: undefined })
  })

  test('goes through an inserted leap second on every path', () => {
    const { tell, rest } = keeper()
    // As some count it, 59 twice; GPS time and the calendar name the second that it is.
    const seconds: readonly (readonly [number, Partial<UtcTime>, number, number])[] = [
      [16_000, { second: 59 }, 1929, 604_799_000],
      [17_000, { second: 60 }, 1930, 0],
      [18_000, { year: 2017, month: 1, day: 1, hour: 0, minute: 0, second: 0 }, 1930, 1000],
    ]
    for (const [iTowMs, utc, week, towMs] of seconds) {
      assert.deepEqual(codes(tell(gpsTime(iTowMs)).faults), [])
      assert.deepEqual(codes(tell(utcTime(iTowMs, utc)).faults), [])
      const { named, faults } = tell(pulse(towMs, 'utc', week))
      assert.deepEqual(codes(faults), [])
      assert.deepEqual([named?.second, named?.trusted], [gpsToTai(WEEK, iTowMs + 1000, 0), true])
      rest()
    }
  })

  test('needs no leap seconds for a pulse that is counted in GPS time', () => {
    const { tell } = keeper()
    tell(gpsTime(16_000))
    const { named } = tell(pulse(17_000, 'gnss'))
    assert.deepEqual([named?.second, named?.names, named?.trusted], [INSERTED, 'following-pulse', true])
  })

  test('leaves the labels to the epochs where TIM-TP counts in the time of another system', () => {
    const { tell } = keeper()
    tell(gpsTime(16_000))
    assert.equal(tell(pulse(17_000, 'gnss', WEEK, 1)).named, undefined)
    assert.equal(tell(gpsTime(17_000)).named?.names, 'preceding-pulse')
  })

  test('does not believe a pulse that is neither of the next two, and says so', () => {
    for (const towMs of [16_000, 19_000]) {
      const { tell, times, now } = keeper()
      tell(gpsTime(16_000))
      const { named, faults } = tell(pulse(towMs, 'gnss'))
      assert.equal(named?.trusted, false)
      assert.match(faults[0]?.message ?? '', /^TIM-TP: expected one of the two seconds after 2016-12-31T23:59:59/)
      assert.deepEqual([...times.alarms(now()).keys()], ['ublox.disagree'])
    }
  })

  test('an announcement that comes again stands still', () => {
    const { tell } = keeper()
    tell(gpsTime(16_000))
    assert.equal(tell(pulse(18_000, 'gnss')).named?.trusted, true)
    const again = tell(pulse(18_000, 'gnss'))
    assert.deepEqual([codes(again.faults), again.named?.trusted], [['ublox.stuck'], false])
  })

  test('a time that comes again stands still', () => {
    const { tell, rest } = keeper()
    tell(gpsTime(16_000))
    rest()
    const { faults, named } = tell(gpsTime(16_000))
    assert.deepEqual([codes(faults), named?.trusted], [['ublox.stuck'], false])
  })

  test('UTC that is off by the leap seconds is believed by nobody', () => {
    const { tell } = keeper()
    tell(gpsTime(10_000))
    const { faults } = tell(utcTime(10_000, { second: 55 }))
    assert.deepEqual(codes(faults), ['gnss.leap-mismatch'])
    assert.match(faults[0]?.message ?? '', /got a time 2 s off$/)
    assert.equal(tell(gpsTime(11_000)).named?.trusted, false)
  })

  test('after the end of the leap table GPS time goes on to be believed', () => {
    const { tell } = keeper({}, { ...EMBEDDED_LEAP_TABLE, expiresAtUtcSecond: 0n })
    tell(gpsTime(10_000))
    assert.deepEqual(codes(tell(utcTime(10_000, { second: 55 })).faults), ['gnss.leap-mismatch'])
    assert.equal(tell(gpsTime(11_000)).named?.trusted, true)
  })

  test('a sentence of the same burst has to say the same, one of an unknown burst the same or the next', () => {
    const utc = (second: number): UtcTime => ({
      year: 2016,
      month: 12,
      day: 31,
      hour: 23,
      minute: 59,
      second,
      nanosecond: 0,
    })
    const unknown = keeper()
    unknown.tell(gpsTime(10_000))
    assert.deepEqual(codes([53, 54].flatMap((second) => unknown.say(utc(second)))), [])
    assert.deepEqual(codes(unknown.say(utc(55))), ['ublox.disagree'])
    const known = keeper()
    known.tell(gpsTime(9000))
    known.rest()
    known.tell(gpsTime(10_000))
    assert.deepEqual(codes(known.say(utc(53))), [])
    assert.deepEqual(codes(known.say(utc(54))), ['ublox.disagree'])
    // And the other way round: the sentence first, then the epoch.
    known.rest()
    known.say(utc(54))
    assert.deepEqual(codes(known.tell(gpsTime(12_000)).faults), ['ublox.disagree'])
  })

  test('a week before the floor is a rollover: reported, or repaired under an alarm', () => {
    const early = WEEK - 1024
    const reporting = keeper({ floorDate: '2016-06-01' })
    const { faults, named } = reporting.tell(gpsTime(16_000, early))
    assert.match(faults[0]?.message ?? '', /got 1997-05-18 \(1024-week repair: 2016-12-31\)$/)
    assert.equal(named?.trusted, false)
    const repairing = keeper({ floorDate: '2016-06-01', weekRollover: 'repair' })
    const repaired = repairing.tell(gpsTime(16_000, early))
    assert.deepEqual([repaired.faults, repaired.named?.trusted], [[], true])
    assert.equal(repaired.named?.second, plus(INSERTED, -NS_PER_SECOND))
    assert.deepEqual([...repairing.times.alarms(repairing.now()).keys()], ['ublox.week-rollover-repaired'])
    // The announcement counts the same weeks.
    assert.equal(repairing.tell(pulse(17_000, 'gnss', early)).named?.second, INSERTED)
  })
})
