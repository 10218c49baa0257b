import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { NS_PER_SECOND } from '../../src/core/time.ts'
import { taiOf } from '../../test/support/virtual-sky.ts'
import { checksum, formatTimeCode, gpsSecondsOf, parseTimeCode, type TimeCode, timeCodeToTai } from './time-code.ts'

function read(text: string): TimeCode {
  const code = parseTimeCode(text)
  assert.ok(code.ok, text)
  return code.value
}

function faultOf(text: string): string {
  const code = parseTimeCode(text)
  assert.ok(!code.ok, text)
  return code.fault.code
}

function withChecksum(body: string): string {
  return `${body}${checksum(body)}`
}

test('the example of the manual reads as the manual says', () => {
  assert.deepEqual(read('T2199505112055233000049'), {
    time: { format: 'T2', utc: { year: 1995, month: 5, day: 11, hour: 20, minute: 55, second: 23, nanosecond: 0 } },
    tfom: 3,
    ffom: 0,
    leap: '0',
    serviceRequested: false,
    invalid: false,
  })
})

test('a code that a real Z3805A sent has a right checksum', () => {
  const { time, tfom, ffom } = read('T2200701290050103000034')
  assert.deepEqual({ tfom, ffom }, { tfom: 3, ffom: 0 })
  assert.deepEqual(time, {
    format: 'T2',
    utc: { year: 2007, month: 1, day: 29, hour: 0, minute: 50, second: 10, nanosecond: 0 },
  })
})

test('every flag is where it should be', () => {
  const { tfom, ffom, leap, serviceRequested, invalid } = read(withChecksum('T22026011512000093+11'))
  assert.deepEqual([tfom, ffom, leap, serviceRequested, invalid], [9, 3, '+', true, true])
  assert.equal(read(withChecksum('T22026011512000030-00')).leap, '-')
})

test('T1 counts GPS seconds from 1980-01-06, nineteen behind TAI', () => {
  const { time } = read(withChecksum('T1#H0000000030000'))
  assert.deepEqual(time, { format: 'T1', gpsSeconds: 0 })
  for (const utc of ['1980-01-06T00:00:00', '2016-12-31T23:59:60', '2017-01-01T00:00:00', '2026-01-15T12:00:00']) {
    const tai = taiOf(utc)
    const text = formatTimeCode({
      ...read('T2199505112055233000049'),
      time: { format: 'T1', gpsSeconds: gpsSecondsOf(tai / NS_PER_SECOND) },
    })
    assert.equal(text.length, 19)
    assert.deepEqual(timeCodeToTai(read(text), EMBEDDED_LEAP_TABLE), { ok: true, value: tai })
  }
})

test('T2 and T1 name the same instant, the leap second included', () => {
  const t2 = read(withChecksum('T22016123123596030+00'))
  const t1 = read(
    withChecksum(
      `T1#H${gpsSecondsOf(taiOf('2016-12-31T23:59:60') / NS_PER_SECOND)
        .toString(16)
        .toUpperCase()}30+00`,
    ),
  )
  assert.deepEqual(timeCodeToTai(t2, EMBEDDED_LEAP_TABLE), timeCodeToTai(t1, EMBEDDED_LEAP_TABLE))
})

test('a date or time that does not exist is a fault', () => {
  for (const body of [
    'T22025022912000030000',
    'T22026123123596030000',
    'T22026011524000030000',
    'T22026001512000030000',
  ]) {
    const tai = timeCodeToTai(read(withChecksum(body)), EMBEDDED_LEAP_TABLE)
    assert.ok(!tai.ok, body)
  }
})

test('quotes around a code are taken off, one alone is not', () => {
  assert.deepEqual(read('"T2199505112055233000049"'), read('T2199505112055233000049'))
  assert.equal(faultOf('"T2199505112055233000049'), 'smartclock.time-code')
})

test('another form is no time code', () => {
  for (const body of [
    'T3199505112055233000',
    'T219950511205523300',
    'T2199505112055233040',
    'T2199505112055233002',
    'T1#H1234567G30000',
    'T1#H123456730000',
    '',
  ]) {
    assert.equal(faultOf(withChecksum(body)), 'smartclock.time-code', body)
  }
})

test('any one character changed is noticed', () => {
  const good = 'T2199505112055233000049'
  fc.assert(
    fc.property(fc.nat({ max: good.length - 1 }), fc.integer({ min: 0x20, max: 0x7e }), (place, byte) => {
      const character = String.fromCharCode(byte)
      fc.pre(character !== good[place])
      assert.ok(!parseTimeCode(good.slice(0, place) + character + good.slice(place + 1)).ok)
    }),
  )
})

/** The code under test makes objects with a prototype. */
const PLAIN = { noNullPrototype: true }

test('what is written is read again', () => {
  const field = (min: number, maximum: number) => fc.integer({ min, max: maximum })
  const utc = fc.record(
    {
      year: field(1980, 2100),
      month: field(1, 12),
      day: field(1, 31),
      hour: field(0, 23),
      minute: field(0, 59),
      second: field(0, 60),
      nanosecond: fc.constant(0),
    },
    PLAIN,
  )
  const time = fc.oneof(
    utc.map((reading) => ({ format: 'T2' as const, utc: reading })),
    field(0, 0xffffffff).map((gpsSeconds) => ({ format: 'T1' as const, gpsSeconds })),
  )
  const code = fc.record(
    {
      time,
      tfom: field(0, 9),
      ffom: field(0, 3),
      leap: fc.constantFrom<('+' | '-' | '0')[]>('+', '-', '0'),
      serviceRequested: fc.boolean(),
      invalid: fc.boolean(),
    },
    PLAIN,
  )
  fc.assert(fc.property(code, (written) => assert.deepEqual(read(formatTimeCode(written)), written)))
})
