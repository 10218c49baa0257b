import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatStatusScreen } from './screen-format.ts'
import { formatInterval, formatUncertainty, parseQuantityNs } from './screen-quantity.ts'
import { parseStatusScreen, type StatusScreen } from './status-screen.ts'

const captures = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
const file = join(captures, 'scpi/z3805a-status-screen-locked-stabilizing.txt')
const skip = existsSync(file) ? false : `no recorded data at ${file}`

function read(lines: readonly string[]): StatusScreen {
  const screen = parseStatusScreen(lines)
  assert.ok(screen.ok, screen.ok ? '' : screen.fault.message)
  return screen.value
}

const TESTS = { 'Self Test': 'OK', 'Int Pwr': 'OK', 'Oven Pwr': 'OK', OCXO: 'OK', EFC: 'OK', 'GPS Rcv': 'OK' }

test('the recorded screen of a Z3805A reads as it shows', { skip }, () => {
  const screen = read(readFileSync(file, 'latin1').split('\r\n').slice(0, -1))
  const { tracked, notTracked, tests, ...rest } = screen
  assert.deepEqual(tracked, [{ prn: 18, elevation: 79, azimuth: 2, signal: 32, isSought: false }])
  assert.deepEqual(
    notTracked.map(({ prn, elevation, azimuth }) => [prn, elevation, azimuth].join(' ')),
    ['5 25 50', '10 21 219', '15 42 108', '16 31 290', '20 31 68', '23 53 215', '26 26 256', '27 15 311', '29 41 143'],
  )
  assert.deepEqual(tests, TESTS)
  assert.deepEqual(rest, {
    outputs: 'Outputs Valid/Reduced Accuracy',
    mode: 'Locked',
    modeDetail: 'to GPS: stabilizing frequency',
    modeIntervalNs: undefined,
    tfom: 3,
    ffom: 1,
    timeIntervalNs: -5.4,
    holdoverThresholdNs: 1000,
    holdoverPredictedNs: 2500,
    holdoverPresentNs: undefined,
    holdoverSeconds: undefined,
    acquisition: 'GPS 1PPS Valid',
    trackedCount: 1,
    notTrackedCount: 9,
    signalUnit: 'C/N',
    timeScale: 'UTC',
    timeOfDay: '14:45:02',
    date: '27 Dec 2006',
    isTimeProvisional: false,
    leapPending: undefined,
    advisory: 'Synchronized to UTC',
    antennaDelayNs: 77,
    positionMode: 'hold',
    surveyPercent: undefined,
    suspendedBy: undefined,
    positionKind: 'actual',
    latitude: 'N  47:31:18.822',
    longitude: 'W 122:12:22.152',
    heightMetres: 38,
    elevationMaskDegrees: 10,
    health: 'OK',
  })
})

test('what was read of the recorded screen is written again to the byte', { skip }, () => {
  const text = readFileSync(file, 'latin1')
  assert.equal(`${formatStatusScreen(read(text.split('\r\n').slice(0, -1)), 'Z3805A').join('\r\n')}\r\n`, text)
})

/** Lines in the form of a 58503A that lost its antenna, as the 58503A guide sets them: narrower than the unit does. */
const GUIDE_HOLDOVER = `---------------------------- Receiver Status ----------------------------
SYNCHRONIZATION ........................... [ Outputs Valid/Reduced Accuracy ]
SmartClock Mode                              Reference Outputs
   Locked to GPS                             TFOM     3             FFOM     2
   Recovery                                  1PPS TI --
>> Holdover: 1PPS TI exceeds hold threshold  HOLD THR 1.000 us
   Power-up                                  Holdover Uncertainty
                                             Predict 432.0 us/initial 24 hrs
                 Holdover Duration: 0m 14s   Present 1.0 us
ACQUISITION ............................................. [GPS 1PPS Invalid]
Tracking: 0        Not Tracking: 7
                   PRN El Az PRN El Az       Time        +1 leap second pending
                   *2   71 316 *31 12 29     UTC      20:56:14    31 Jan 1996
                   *7   41 186               GPS 1PPS Inaccurate: not tracking
                    15 11 86                 ANT DLY 0 ns
                   *19 Acq ..                Position
                   *22 -- ---                MODE     Survey: 71.1% complete
                   *26 23 314                         Suspended:track <4 sats
                                             AVG LAT  N 37:19:32.472
                                             AVG LON  W 121:59:51.784
ELEV MASK 10 deg *attempting to track        AVG HGT            -42.19 m (GPS)
HEALTH MONITOR ................................................... [ ERROR ]
Self Test: OK Int Pwr: OK Oven Pwr: Err       OCXO: OK   EFC: OK   GPS Rcv: OK`

test('a screen as the guide sets it reads too, whatever its columns', () => {
  const screen = read(GUIDE_HOLDOVER.split('\n'))
  assert.equal(screen.mode, 'Holdover')
  assert.equal(screen.modeDetail, '1PPS TI exceeds hold threshold')
  assert.equal(screen.timeIntervalNs, undefined)
  assert.equal(screen.holdoverPredictedNs, 432_000)
  assert.equal(screen.holdoverPresentNs, 1000)
  assert.equal(screen.holdoverSeconds, 14)
  assert.equal(screen.acquisition, 'GPS 1PPS Invalid')
  assert.equal(screen.signalUnit, undefined)
  assert.deepEqual(screen.tracked, [])
  assert.deepEqual(
    screen.notTracked.map(
      ({ prn, elevation, azimuth, isSought }) => `${isSought ? '*' : ''}${prn} ${elevation} ${azimuth}`,
    ),
    [
      '*2 71 316',
      '*31 12 29',
      '*7 41 186',
      '15 11 86',
      '*19 undefined undefined',
      '*22 undefined undefined',
      '*26 23 314',
    ],
  )
  assert.equal(screen.leapPending, '+')
  assert.equal(screen.advisory, 'Inaccurate: not tracking')
  assert.equal(screen.surveyPercent, 71.1)
  assert.equal(screen.suspendedBy, 'track <4 sats')
  assert.equal(screen.positionKind, 'average')
  assert.equal(screen.heightMetres, -42.19)
  assert.equal(screen.health, 'ERROR')
  assert.equal(screen.tests['Oven Pwr'], 'Err')
})

/** Mode lines and rows in the form of other firmwares, each put into the screen above. */
const MODE_LINES: readonly (readonly [string, string, string | undefined, number | undefined])[] = [
  ['>> Power-up:GPS acquisition                 HOLD THR 1.000 us', 'Power-up', 'GPS acquisition', undefined],
  ['>> Power-up: OCXO warm-up                     HOLD THR 1.000 us', 'Power-up', 'OCXO warm-up', undefined],
  ['>> Power-up: coarse freq adj [TI +12.5 us]    Predict  --', 'Power-up', 'coarse freq adj', 12_500],
  [
    '>> Power-up: leap second determination        HOLD THR 1.000 us',
    'Power-up',
    'leap second determination',
    undefined,
  ],
  ['>> Recovery: fine freq adj   [TI   -500 ps]   1PPS TI -5.0 ns relative to GPS', 'Recovery', 'fine freq adj', -0.5],
  [
    '>> Recovery: phase alignment                  1PPS TI -5.0 ns rel to GPS',
    'Recovery',
    'phase alignment',
    undefined,
  ],
  ['>> Locked to GPS                              TFOM     3             FFOM     0', 'Locked', 'to GPS', undefined],
  [
    '>> Locked to Ext: Stabilizing frequency     TFOM      3            FFOM     1',
    'Locked',
    'to Ext: Stabilizing frequency',
    undefined,
  ],
  ['>> Holdover: manually initiated               HOLD THR 1.000 us', 'Holdover', 'manually initiated', undefined],
  ['>> Holdover: GPS 1PPS CLK invalid             HOLD THR 1.000 us', 'Holdover', 'GPS 1PPS CLK invalid', undefined],
  [
    '>> Holdover: internal hardware problem        HOLD THR 1.000 us',
    'Holdover',
    'internal hardware problem',
    undefined,
  ],
  ['>> Holdover                                   HOLD THR 1.000 us', 'Holdover', undefined, undefined],
]

for (const [line, mode, detail, intervalNs] of MODE_LINES) {
  test(`reads the mode line ${line.slice(0, 44).trim()}`, () => {
    const screen = read(GUIDE_HOLDOVER.split('\n').map((text) => (text.startsWith('>>') ? line : text)))
    assert.deepEqual([screen.mode, screen.modeDetail, screen.modeIntervalNs], [mode, detail, intervalNs])
  })
}

test('an Oncore’s signal strengths and a provisional GPS time are told from a Furuno’s and from UTC', () => {
  const lines = GUIDE_HOLDOVER.split('\n')
  lines.splice(
    10,
    4,
    'Tracking: 2 ____   Not Tracking: 2 ________   Time ____________________________',
    'PRN  El  Az   SS   PRN  El  Az                GPS      21:19:02 (?) 16 Feb 2007',
    '  3  88 281  111   * 1  24 204                GPS 1PPS Assessing stability ...',
    '  4  -- ---   --   * 9  Acq ..                ANT DLY  60 ns',
  )
  const screen = read(lines)
  assert.equal(screen.signalUnit, 'SS')
  assert.deepEqual(screen.tracked, [
    { prn: 3, elevation: 88, azimuth: 281, signal: 111, isSought: false },
    { prn: 4, elevation: undefined, azimuth: undefined, signal: undefined, isSought: false },
  ])
  assert.deepEqual(
    screen.notTracked.slice(0, 2).map(({ prn }) => prn),
    [1, 9],
  )
  assert.deepEqual([screen.timeScale, screen.isTimeProvisional, screen.date], ['GPS', true, '16 Feb 2007'])
  assert.equal(screen.advisory, 'Assessing stability ...')
})

test('what is no screen is a fault that says what was expected', () => {
  for (const lines of [[], ['LOCK'], GUIDE_HOLDOVER.split('\n').slice(3), Array.from({ length: 61 }, () => '')]) {
    const screen = parseStatusScreen(lines)
    assert.ok(!screen.ok)
    assert.equal(screen.fault.code, 'smartclock.screen')
  }
  const unmarked = parseStatusScreen(GUIDE_HOLDOVER.replace('>>', '  ').split('\n'))
  assert.ok(!unmarked.ok)
  assert.match(unmarked.fault.message, /^expected >> before one of Locked, .+, got nothing$/)
})

test('durations are written as the screens have them, and read again', () => {
  for (const [ns, text] of [
    [-5.4, '-5.4 ns'],
    [0.3, '+300 ps'],
    [-0.5, '-500 ps'],
    [71, '+71.0 ns'],
  ] as const) {
    assert.equal(formatInterval(ns), text)
    assert.equal(parseQuantityNs(text), ns)
  }
  assert.deepEqual([800, 1000, 2500, 432_000].map(formatUncertainty), ['800 ns', '1.0 us', '2.5 us', '432.0 us'])
  for (const text of ['--', '5', '5 hours', 'ns', '1e3 ns', '']) assert.equal(parseQuantityNs(text), undefined)
})

test('nothing that comes as a screen makes it throw', () => {
  const piece = fc.oneof(
    fc.constantFrom(...GUIDE_HOLDOVER.split('\n')),
    fc.string({ maxLength: 90 }),
    fc.constantFrom(...MODE_LINES.map(([line]) => line)),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 70 }), (lines) => {
      const screen = parseStatusScreen(lines)
      assert.ok(screen.ok || screen.fault.code === 'smartclock.screen')
    }),
  )
})
