import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Result } from '../../src/core/fault.ts'
import {
  parseBoolean,
  parseErrorEntry,
  parseInteger,
  parseIntegerList,
  parseQuoted,
  parseReal,
  splitList,
} from './values.ts'

function reads<T>(parse: (text: string) => Result<T>, text: string, value: T): void {
  assert.deepEqual(parse(text), { ok: true, value })
}

function refuses<T>(parse: (text: string) => Result<T>, ...texts: readonly string[]): void {
  for (const text of texts) {
    const result = parse(text)
    assert.ok(!result.ok, `${text} was read`)
    assert.equal(result.fault.code, 'scpi.value')
    assert.match(result.fault.message, /^expected .+, got "/)
  }
}

test('integers are signed', () => {
  reads(parseInteger, '+3', 3)
  reads(parseInteger, '-113', -113)
  reads(parseInteger, '+86400', 86_400)
  reads(parseInteger, '+0', 0)
  refuses(parseInteger, '3', '', '+', '+3.0', ' +3', '+3 ', '+12345678901', '0x10', '+3\n')
})

test('reals have a sign, decimals, and three digits of exponent', () => {
  reads(parseReal, '+6.00000E+002', 600)
  reads(parseReal, '-5.4E-009', -5.4e-9)
  reads(parseReal, '-3.56E-008', -3.56e-8)
  reads(parseReal, '+4.320E-004', 4.32e-4)
  reads(parseReal, '+3.60896E+001', 36.0896)
  reads(parseReal, '+1.8', 1.8)
  refuses(parseReal, '6.0E+002', '+6E+002', '+6.0E+02', '+6.0E002', '+60.0E+001', '+6.0e+002', 'NaN', '+Infinity', '')
})

test('booleans are the only numbers without a sign', () => {
  reads(parseBoolean, '0', false)
  reads(parseBoolean, '1', true)
  refuses(parseBoolean, '+1', '2', '', 'true')
})

test('strings are quoted', () => {
  reads(parseQuoted, '"Log 001:20050528.00:00:00: Log cleared"', 'Log 001:20050528.00:00:00: Log cleared')
  reads(parseQuoted, '""', '')
  refuses(parseQuoted, 'Log', '"Log', 'Log"', '"a"b"', '')
})

test('lists are cut at the commas outside quotes', () => {
  reads(splitList, '+3,+4', ['+3', '+4'])
  reads(splitList, 'N,+37,"a,b"', ['N', '+37', '"a,b"'])
  reads(splitList, '+0', ['+0'])
  reads(splitList, 'a,,b', ['a', '', 'b'])
  reads(splitList, '', [''])
  reads(splitList, 'a,', ['a', ''])
  refuses(splitList, '"a,b', 'a,"')
})

test('lists of integers are read whole or not at all', () => {
  reads(parseIntegerList, '+3,+4,+9,+16,+26,+28,+31', [3, 4, 9, 16, 26, 28, 31])
  reads(parseIntegerList, '+2006,+12,+27', [2006, 12, 27])
  reads(parseIntegerList, '+14,+45,+1', [14, 45, 1])
  refuses(parseIntegerList, '+3,4', '+3,', ',+3', '', '+3, +4')
})

test('entries of the error queue have a code and a text', () => {
  reads(parseErrorEntry, '-113,"Undefined header"', { code: -113, text: 'Undefined header' })
  reads(parseErrorEntry, '+0,"No error"', { code: 0, text: 'No error' })
  refuses(parseErrorEntry, '-113', '-113,Undefined header', '113,"x"', ',"x"', '"x"', '-113,"x" ')
})
