import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { parseSentence } from '../nmea/sentence.ts'
import { parseBlock, parseControlPercent, parseReceiver, parseSynchronization } from './blocks.ts'
import { healthAlarms } from './health-bits.ts'
import { readLabel } from './labels.ts'
import { parseOptions } from './options.ts'
import {
  DIALECT,
  parseCount,
  parseDate,
  parseFlag,
  parseHealth,
  parseHoldover,
  parseIdentity,
  parseNanoseconds,
  parseTime,
  QUERIES,
  type QueryName,
} from './protocol.ts'
import { readPjlts, readTrace } from './reports.ts'

/** Recorded from an LN Rb GPSDO with firmware 1.17. */
const RECORDED: readonly (readonly [QueryName, string, (text: string) => unknown, unknown])[] = [
  [
    'identity',
    'Jackson Labs, LN Rb GPSDO (PRE), Firmware Rev 1.17',
    parseIdentity,
    { model: 'LN Rb GPSDO (PRE)', firmware: '1.17' },
  ],
  ['date', '2026,9,2', parseDate, { year: 2026, month: 9, day: 2 }],
  ['time', '7,46,13', parseTime, { hour: 7, minute: 46, second: 13, nanosecond: 0 }],
  ['locked', '1', parseFlag, true],
  ['health', '0x1000', parseHealth, 0x1000],
  ['holdover', '150,0', parseHoldover, { seconds: 150, lasts: false }],
  ['timeInterval', '6.763E-08', parseNanoseconds, 67.6],
  ['timeInterval', '-7.873E-09', parseNanoseconds, -7.9],
  ['satellitesTracked', '20', parseCount, 20],
  ['satellitesVisible', '19', parseCount, 19],
]

for (const [name, text, parse, value] of RECORDED) {
  test(`${QUERIES[name].command} takes the recorded answer ${text}`, () => {
    assert.ok(QUERIES[name].accepts([text]))
    assert.deepEqual(parse(text), { ok: true, value })
  })
}

/** The recorded forms of `SYNC?` and `GPS?`, the latter without its receiver. */
const SYNCHRONIZATION = [
  '1PPS SOURCE MODE  : GPS     ',
  '1PPS SOURCE STATE : GPS',
  '1PPS on RESET : OFF',
  '1PPS DOMAIN : CSAC',
  '1PPS LOCK STATUS  : 1',
  'HOLDOVER STATE: NONE',
  'LAST HOLDOVER DURATION : 191,0',
  'FREQ ERROR ESTIMATE : 1.31E-11',
  'TIME INTERVAL DIFFERENCE : 1.133E-08',
  'TIME INTERVAL THRESHOLD : 220',
  'PHASE NOISE FILTER : ON  ',
  'HEALTH STATUS : 0x0',
]
const RECEIVER = [
  'GNSS: GPS SBAS GAL ',
  'ANTENNA DELAY:2.5e-08',
  'PULSE SAWTOOTH:0.0',
  'TRACKED SATS :0',
  'GPS Receiver Status: No Fix',
  'SURVEY STATUS:ACTIVE',
  'Duration : 14, ECEF 0,0,0, 3D variance 4294967295',
  'TIMING MODE:RSTSURV',
  'JAMMING LEVEL:4',
]

test('the blocks of the recording read by their names', () => {
  assert.ok(QUERIES.synchronization.accepts(SYNCHRONIZATION))
  assert.deepEqual(parseSynchronization(SYNCHRONIZATION), {
    sourceMode: 'GPS',
    sourceState: 'GPS',
    pulseDomain: 'CSAC',
    holdoverState: 'NONE',
    frequencyErrorE15: 13_100,
    timeIntervalThresholdNs: 220,
  })
  assert.ok(QUERIES.receiver.accepts(RECEIVER))
  assert.deepEqual(parseReceiver(RECEIVER), {
    antennaDelayNs: 25,
    hasFix: false,
    timingMode: 'RSTSURV',
    surveyStatus: 'ACTIVE',
    jammingLevel: 4,
  })
  assert.equal(parseControlPercent(['EFControl Relative: -0.410000%', 'EFControl Absolute: -82.000000']), -0.41)
})

test('two answers that were spliced on record are no answer to either question', () => {
  const spliced = ['PCB Temperature: 49.7419', 'CSAC Temperature: 51.13', 'Command Error', 'RS232: OK']
  for (const request of Object.values(QUERIES)) assert.ok(!request.accepts(spliced), request.command)
})

test('no question takes the answer of another, but for those of one form', () => {
  for (const [name, text] of RECORDED) {
    for (const [other, request] of Object.entries(QUERIES)) {
      const alike = [text, QUERIES[name].command].every((each) => each !== '') && request.accepts([text])
      const isLone = ['identity', 'health', 'timeInterval', 'synchronization', 'receiver', 'diagnosis'].includes(other)
      if (other !== name && isLone) assert.ok(!alike, `${other} took ${text}`)
    }
  }
})

test('a Command Error is a refusal, and nothing else is', () => {
  assert.equal(DIALECT.refusal?.('Command Error'), -100)
  assert.equal(DIALECT.refusal?.('scpi'), undefined)
})

test('nothing is asked that sets, and what sets is the terminal alone', () => {
  for (const { command } of Object.values(QUERIES)) assert.match(command, /^[*A-Z:]+\?$/)
})

test('the recorded status of a Micro-JLT and the trace line of the manual read as they say', () => {
  const sentence = parseSentence('$PJLTS,-0.39,-2.74,157848,6,2.5829535,86.0984,-1.0E-12,0,17,0x0*40', false)
  assert.ok(sentence.ok)
  assert.deepEqual(readPjlts(sentence.value), {
    phaseNs: -0.39,
    pulseCount: 157_848,
    lockState: 'locked',
    health: 0,
    satellitesTracked: 17,
  })
  assert.deepEqual(readTrace('08-07-31 373815 60685 -32.08 -2.22E-11 14 10 6 0x54'), {
    phaseNs: -32.08,
    pulseCount: 373_815,
    lockState: 'locked',
    health: 0x54,
    satellitesTracked: 10,
  })
  assert.equal(readTrace('08-07-31 373815 60685 -32.08 -2.22E-11 14 10 7 0x54'), undefined)
  assert.equal(readTrace('08-07-31 373815'), undefined)
})

test('each bit of the health is an alarm with a reason, one that nobody has named too', () => {
  assert.deepEqual([...healthAlarms(0)], [])
  assert.deepEqual([...healthAlarms(0x14).keys()], ['jackson-labs.phase', 'jackson-labs.holdover-long'])
  assert.match(healthAlarms(0x2000).get('jackson-labs.health') ?? '', /0x2000/)
  assert.equal(healthAlarms(0x1fff).size, 11)
})

test('a date that is none, and a step, are faults of the label', () => {
  const reader = { table: EMBEDDED_LEAP_TABLE, floor: undefined, last: undefined }
  const time = (second: number) => ({ hour: 12, minute: 0, second, nanosecond: 0 })
  const date = { year: 2026, month: 1, day: 15 }
  const at = (seconds: number) => monoNs(BigInt(seconds) * NS_PER_SECOND)
  assert.ok(!readLabel(reader, { year: 0, month: 0, day: 0 }, time(1), at(0)).ok)
  const believed = [
    [1, 1],
    [2, 2],
    [4, 3],
    [4, 4],
    [5, 5],
  ].map(([second = 0, seconds = 0]) => {
    const read = readLabel(reader, date, time(second), at(seconds))
    assert.ok(read.ok)
    return read.value.faults.map(({ code }) => code).join() || 'believed'
  })
  assert.deepEqual(believed, [
    'believed',
    'believed',
    'jackson-labs.time-step',
    'jackson-labs.stuck-second',
    'believed',
  ])
})

test('no text makes a parser throw', () => {
  const parsers = [
    parseIdentity,
    parseDate,
    parseTime,
    parseFlag,
    parseHealth,
    parseHoldover,
    parseNanoseconds,
    parseCount,
  ]
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 90 }), { maxLength: 12 }), (lines) => {
      parseBlock(lines)
      parseSynchronization(lines)
      parseReceiver(lines)
      for (const line of lines) {
        readTrace(line)
        for (const parse of parsers) {
          const parsed = parse(line)
          assert.ok(parsed.ok || parsed.fault.code === 'jackson-labs.reply')
        }
      }
    }),
  )
})

test('options have defaults, and what is wrong is told with its place', () => {
  const parsed = parseOptions({}, 'options')
  assert.ok(parsed.ok)
  assert.deepEqual([parsed.value.speaks, parsed.value.names], ['scpi', 'preceding-pulse'])
  const wrong = parseOptions({ speaks: 'uccm' }, 'sources[1].options')
  assert.ok(!wrong.ok)
  assert.equal(wrong.fault.message, 'sources[1].options.speaks: expected one of scpi, nmea, got "uccm"')
})
