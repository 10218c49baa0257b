import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Result } from '../../src/core/fault.ts'
import { parseGga, parseGsa, parseGsv } from './health-sentences.ts'
import { type NmeaSentence, parseSentence } from './sentence.ts'

function sentence(body: string): NmeaSentence {
  const parsed = parseSentence(`$${body}`, true)
  assert.ok(parsed.ok)
  return parsed.value
}

function value<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : result.fault.message)
  return result.value
}

describe('NMEA health sentences', () => {
  test('read quality and satellites from GGA', () => {
    const gga = value(parseGga(sentence('GNGGA,193334.00,4404.13124,N,12118.84810,W,1,12,0.62,1139.9,M,-21.3,M,,')))
    const position = { latitudeDegrees: 44 + 4.13124 / 60, longitudeDegrees: -(121 + 18.8481 / 60), hdop: 0.62 }
    assert.deepEqual(gga, { quality: 'fix', satellitesUsed: 12, position })
  })

  test('make no place of a GGA with fields that are empty or malformed', () => {
    for (const place of [',,,', '4404.1,N,,', '4404.1,E,12118.8,W', '44x4.1,N,12118.8,W', '4404.1,N,12118.8,N']) {
      const gga = value(parseGga(sentence(`GNGGA,193334.00,${place},1,12,0.62,1139.9,M,-21.3,M,,`)))
      assert.equal(gga.position, undefined, place)
    }
    assert.equal(
      value(parseGga(sentence('GNGGA,193334.00,4404.1,N,12118.8,W,1,12,,1139.9,M,-21.3,M,,'))).position,
      undefined,
    )
  })

  test('take an empty quality as nothing said, not as no fix', () => {
    const gga = value(parseGga(sentence('GPGGA,005947.00,3715.6616,N,12157.6709,W,,11,0.8,86.0,M,-30.1,M,,')))
    const { quality, satellitesUsed } = gga
    assert.deepEqual([quality, satellitesUsed], [undefined, 11])
  })

  test('never let nmea-simple see a time, so that it never asks the clock of the host', () => {
    const RealDate = globalThis.Date
    const asked: unknown[][] = []
    globalThis.Date = new Proxy(RealDate, {
      construct(target, given) {
        asked.push(given)
        return Reflect.construct(target, given) as Date
      },
    })
    try {
      for (const time of ['235960.00', 'nonsense', '']) {
        assert.equal(value(parseGga(sentence(`GPGGA,${time},,,,,0,00,,,M,,M,,`))).quality, 'none')
      }
    } finally {
      globalThis.Date = RealDate
    }
    assert.deepEqual(asked, [[0], [0], [0]], 'only its constant for no time')
  })

  test('read the dimension of the fix and the dilution from GSA, with and without a system', () => {
    const gsa = value(parseGsa(sentence('GNGSA,A,3,08,24,02,18,27,23,32,10,,,,,1.12,0.62,0.94,1')))
    assert.deepEqual(gsa, { dimension: '3D', pdop: 1.12 })
    assert.deepEqual(value(parseGsa(sentence('GPGSA,A,1,,,,,,,,,,,,,,,'))), { dimension: 'none', pdop: undefined })
  })

  test('keep the signal field at the end of GSV apart from the satellites', () => {
    const four = value(parseGsv(sentence('GPGSV,3,1,12,02,24,310,29,08,37,282,42,10,73,011,,18,19,128,34,1')))
    assert.deepEqual(four, { messages: 3, message: 1, inView: 12, signal: '1', cn0DbHz: [29, 42, 34] })
    const one = value(parseGsv(sentence('GPGSV,4,4,13,51,37,160,44')))
    assert.deepEqual(one, { messages: 4, message: 4, inView: 13, signal: '', cn0DbHz: [44] })
  })

  test('refuse missing and malformed fields with a fault', () => {
    for (const [result, message] of [
      [parseGga(sentence('GPGGA,')), 'GPGGA: expected at least 12, got 1 fields'],
      [parseGga(sentence('GPGGA,1,,,,,x,00,,,M,,M')), 'GPGGA field 6: expected a number or nothing, got "x"'],
      [parseGsv(sentence('GPGSV,1,1,01,36,19,1-6,5?')), 'GPGSV field 7: expected a number or nothing, got "5?"'],
      [parseGsa(sentence('GPGSA,A,3')), 'GPGSA: expected at least 17, got 2 fields'],
    ] as const) {
      assert.deepEqual(result.ok ? undefined : result.fault, { code: 'nmea.field', message })
    }
  })

  test('never throw and never give a number that is none, whatever the fields', () => {
    const field = fc.oneof(fc.constantFrom('', '1', '3', '07', '45', '-1', 'A', '1.5', '9', '1e9'), fc.string())
    fc.assert(
      fc.property(fc.array(field, { maxLength: 24 }), fc.constantFrom('GGA', 'GSA', 'GSV'), (fields, formatter) => {
        const given = { address: `GP${formatter}`, talker: 'GP', formatter, fields: [`GP${formatter}`, ...fields] }
        const parse = { GGA: parseGga, GSA: parseGsa, GSV: parseGsv }[formatter]
        const parsed = parse?.(given)
        assert.ok(parsed !== undefined)
        const numbers = parsed.ok
          ? Object.values(parsed.value)
              .flat()
              .filter((entry) => typeof entry === 'number')
          : []
        assert.ok(numbers.every((entry) => Number.isFinite(entry) && entry >= 0))
      }),
      { numRuns: 1000 },
    )
  })
})
