import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { taiNs } from '../../src/core/time.ts'
import { taiOf } from '../../test/support/virtual-sky.ts'
import { checksum, parseTimeCode, type TimeCode, timeCodeToTai } from './time-code.ts'
import { addRollovers, midnightTai, rolloversBefore } from './week-rollover.ts'

const FLOOR = taiOf('2025-01-01T00:00:00')

function code(body: string): TimeCode {
  const parsed = parseTimeCode(`${body}${checksum(body)}`)
  assert.ok(parsed.ok)
  return parsed.value
}

function rollovers(body: string): number {
  const count = rolloversBefore(code(body), FLOOR, EMBEDDED_LEAP_TABLE)
  assert.ok(count.ok)
  return count.value
}

test('a date that is not before the floor needs no rollover', () => {
  assert.equal(rollovers('T22025010100000030000'), 0)
  assert.equal(rollovers('T22043123123595930000'), 0)
})

test('a date before the floor needs as many as bring it past', () => {
  assert.equal(rollovers('T22024123123595930000'), 1)
  assert.equal(rollovers('T22006122714450231000'), 1)
  assert.equal(rollovers('T21995051120552330000'), 2)
  assert.equal(rollovers('T1#H2000000030000'), 2)
})

test('a leap second that its early date does not have is no hindrance', () => {
  assert.equal(rollovers('T21997051623596030000'), 2)
})

test('a date that is none has no rollovers', () => {
  assert.ok(!rolloversBefore(code('T22025022912000030000'), FLOOR, EMBEDDED_LEAP_TABLE).ok)
})

test('the recorded date of 2006 comes to lie 1024 weeks later at the same time of day', () => {
  const repaired = addRollovers(code('T22006122714450231000'), 1, EMBEDDED_LEAP_TABLE)
  assert.ok(repaired.ok)
  assert.deepEqual(timeCodeToTai(repaired.value, EMBEDDED_LEAP_TABLE), {
    ok: true,
    value: taiOf('2026-08-12T14:45:02'),
  })
})

test('leap seconds between the two dates do not move the time of day, at midnight and in a leap second', () => {
  for (const [said, meant] of [
    ['T22006060500000030000', '2026-01-19T00:00:00'],
    ['T22006060523595930000', '2026-01-19T23:59:59'],
    ['T21997051623596030000', '2016-12-30T23:59:60'],
  ] as const) {
    const repaired = addRollovers(code(said), 1, EMBEDDED_LEAP_TABLE)
    assert.ok(repaired.ok)
    const { time } = repaired.value
    assert.ok(time.format === 'T2')
    const { year, month, day, hour, minute, second } = time.utc
    assert.deepEqual([year, month, day, hour, minute, second], meant.split(/[-T:]/).map(Number))
  }
})

test('T1 gains the seconds of 1024 weeks', () => {
  const repaired = addRollovers(code('T1#H2000000030000'), 1, EMBEDDED_LEAP_TABLE)
  assert.ok(repaired.ok)
  assert.deepEqual(repaired.value.time, { format: 'T1', gpsSeconds: 0x20000000 + 619_315_200 })
})

test('there and back again is no change', () => {
  const said = code('T22026011512000030000')
  const early = addRollovers(said, -1, EMBEDDED_LEAP_TABLE)
  assert.ok(early.ok)
  assert.deepEqual(addRollovers(early.value, 1, EMBEDDED_LEAP_TABLE), { ok: true, value: said })
})

test('a date that does not exist is a fault', () => {
  assert.ok(!addRollovers(code('T22025022912000030000'), 1, EMBEDDED_LEAP_TABLE).ok)
})

test('the floor is a midnight of UTC', () => {
  assert.deepEqual(midnightTai('2025-01-01', EMBEDDED_LEAP_TABLE), { ok: true, value: FLOOR })
  assert.deepEqual(midnightTai('1980-01-06', EMBEDDED_LEAP_TABLE), { ok: true, value: taiNs(315_964_819_000_000_000n) })
})
