import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Result } from '../../src/core/fault.ts'
import { parseBoolean, parseInteger, parseIntegerList, parseQuoted, parseReal, splitList } from '../scpi/values.ts'
import {
  dialectOf,
  type EssentialName,
  isSmartclock,
  parseHoldover,
  parseIdentity,
  parseMerit,
  parseSyncState,
  parseTimeInterval,
  parseTimeZone,
  QUERIES,
} from './protocol.ts'
import { parseTimeCode } from './time-code.ts'

/** Recorded from a 58503A and two Z3805A: the query, what came, and how it reads. */
const RECORDED: readonly (readonly [EssentialName, string, (text: string) => Result<unknown>, unknown])[] = [
  [
    'identity',
    'HEWLETT-PACKARD,58503A,3710A01056,3704-C',
    parseIdentity,
    ['HEWLETT-PACKARD', '58503A', '3710A01056', '3704-C'],
  ],
  [
    'identity',
    'HEWLETT-PACKARD,Z3805A,3625A01487,3543B-A',
    parseIdentity,
    ['HEWLETT-PACKARD', 'Z3805A', '3625A01487', '3543B-A'],
  ],
  [
    'identity',
    'SYMMETRICOM,Z3805A,3625A02931,1.01.03-A',
    parseIdentity,
    ['SYMMETRICOM', 'Z3805A', '3625A02931', '1.01.03-A'],
  ],
  ['state', 'LOCK', parseSyncState, 'LOCK'],
  ['tfom', '+3', (text) => parseMerit(text, 9), 3],
  ['ffom', '+1', (text) => parseMerit(text, 3), 1],
  ['timeInterval', '-5.4E-009', parseTimeInterval, -5.4],
  ['timeInterval', '-2.3E-009', parseTimeInterval, -2.3],
  ['timeInterval', '-3.56E-008', parseTimeInterval, -35.6],
  ['holdover', '+6.00000E+002,0', parseHoldover, [600, false]],
  ['timeZone', '+0,+0', parseTimeZone, [0, 0]],
  ['leapSeconds', '+18', parseInteger, 18],
]

for (const [name, text, parse, value] of RECORDED) {
  test(`${QUERIES[name].command} takes the recorded answer ${text}`, () => {
    assert.ok(QUERIES[name].accepts([text]))
    const parsed = parse(text)
    assert.ok(parsed.ok)
    assert.deepEqual(typeof parsed.value === 'object' ? Object.values(parsed.value ?? {}) : parsed.value, value)
  })
}

test('the time code and the error queue have forms of their own', () => {
  assert.ok(QUERIES.timeCode.accepts(['T2199505112055233000049']))
  assert.ok(parseTimeCode('T2199505112055233000049').ok)
  assert.ok(QUERIES.error.accepts(['-113,"Undefined header"']))
})

test('the other recorded replies of the family read in the common number formats', () => {
  for (const [text, parse, value] of [
    ['+86400', parseInteger, 86_400],
    ['+713392', parseInteger, 713_392],
    ['+90', parseInteger, 90],
    ['+136', parseInteger, 136],
    ['+23', parseInteger, 23],
    ['+1.0E-006', parseReal, 1e-6],
    ['+3.60896E+001', parseReal, 36.0896],
    ['-1.68528E+001', parseReal, -16.8528],
    ['+7.70000E-008', parseReal, 7.7e-8],
    ['+1.8', parseReal, 1.8],
    ['1', parseBoolean, true],
    ['+3,+4,+9,+16,+26,+28,+31', parseIntegerList, [3, 4, 9, 16, 26, 28, 31]],
    ['"Log 001:20050528.00:00:00: Log cleared"', parseQuoted, 'Log 001:20050528.00:00:00: Log cleared'],
    ['+4.320E-004,0', splitList, ['+4.320E-004', '0']],
    [
      'N,+37,+22,+3.02770E+001,W,+122,+5,+3.48160E+001,+4.35100E+001',
      splitList,
      'N,+37,+22,+3.02770E+001,W,+122,+5,+3.48160E+001,+4.35100E+001'.split(','),
    ],
  ] as const) {
    assert.deepEqual(parse(text), { ok: true, value }, text)
  }
})

test('no query takes the answer of the identity for its own, nor two lines, nor none', () => {
  for (const [name, query] of Object.entries(QUERIES)) {
    if (name !== 'identity') assert.ok(!query.accepts(['HEWLETT-PACKARD,Z3805A,3625A01487,3543B-A']), name)
    assert.ok(!query.accepts([]), name)
    assert.ok(!query.accepts(['+3', '+3']), name)
  }
  for (const [, text] of RECORDED.slice(3)) assert.ok(!QUERIES.identity.accepts([text]), text)
})

test('nothing is asked that clears or changes anything', () => {
  for (const { command } of Object.values(QUERIES)) {
    assert.match(command, /^[*:][A-Z:]+\?$/)
    assert.doesNotMatch(command, /CLS|EVEN|ESR|STAT:OPER|INIT|PRES|TST/)
  }
})

test('what is out of range or form is a fault', () => {
  for (const parsed of [
    parseSyncState('LOCKED'),
    parseSyncState(''),
    parseIdentity('HEWLETT-PACKARD,58503A,3710A01056'),
    parseIdentity('a,b,c,d,e'),
    parseTimeZone('+0'),
    parseTimeZone('0,0'),
    parseTimeZone('+0,+0,+0'),
    parseHoldover('+6.00000E+002'),
    parseHoldover('+6.00000E+002,+0'),
    parseMerit('+4', 3),
    parseMerit('-1', 9),
    parseMerit('3', 9),
    parseTimeInterval('0'),
  ]) {
    assert.ok(!parsed.ok)
    assert.match(parsed.fault.message, /^expected .+, got "/)
  }
})

test('the family is told from its identity', () => {
  const model = (name: string) => ({ maker: 'HEWLETT-PACKARD', model: name, serial: '1', firmware: '2' })
  for (const name of ['58503A', '58503B', '59551A', 'Z3801A', 'Z3805A', 'Z3816A'])
    assert.ok(isSmartclock(model(name)), name)
  for (const name of ['5071A', '58503C', 'Z380', 'LN-RB']) assert.ok(!isSmartclock(model(name)), name)
  assert.equal(dialectOf(model('Z3801A')), 'Z3801')
  assert.equal(dialectOf(model('59551A')), '58503')
})
