import type { UtcTime } from '../../src/core/leap.ts'
import { weekOf } from '../nmea/timescale.ts'
import type { NmeaEmulatorOptions } from './options.ts'

/** What the sentences of a maker's own tell at one pulse, beside what the standard ones tell. */
export interface MakersState {
  /** The date and time in the standard sentences; undefined before the first fix. */
  readonly reading: UtcTime | undefined
  /** The same instant by GPS time. */
  readonly gps: UtcTime
  readonly fix: boolean
  /** As many leap seconds since 1980 as the receiver counts, and whether they are its firmware's. */
  readonly leapSeconds: number
  readonly leapIsDefault: boolean
  readonly tellsGpsTime: boolean
  readonly pulseIsOn: boolean
  readonly isJammed: boolean
  /** By how much the pulse comes late through the ticks of the receiver's clock, ns. */
  readonly quantizationNs: number
  readonly holdoverSeconds: number
  /** Since the receiver was switched on. */
  readonly seconds: number
}

type Fields = readonly string[]

/**
 * The sentences of a dialect, without `$` and checksum, in the forms that are on record or in a manual; where a field is unknown, with
 * the recorded value.
 */
export function makersSentences(dialect: NmeaEmulatorOptions['dialect'], state: MakersState): readonly Fields[] {
  return SENTENCES[dialect](state)
}

const SENTENCES: Readonly<Record<NmeaEmulatorOptions['dialect'], (state: MakersState) => readonly Fields[]>> = {
  plain: () => [],
  ublox: (state) => [pubxPosition(state), pubxTime(state)],
  furuno: (state) => furuno(state),
  'furuno-gt80': (state) => [gptps(state)],
  skytraq: (state) => [['PSTI', '00', state.fix ? '2' : '1', '2000', state.quantizationNs.toFixed(1)]],
  mediatek: ({ seconds }) =>
    seconds === 0
      ? [
          ['PMTK011', 'MTKGPS'],
          ['PMTK010', '001'],
        ]
      : [],
  isync: (state) => [ptnta(state)],
  'jackson-labs': (state) => [pjlts(state)],
  garmin: (state) => [pgrmf(state)],
}

function pubxPosition({ reading, fix }: MakersState): Fields {
  const place = fix ? ['5128.640000', 'N', '00000.000000', 'E', '92.000', 'G3'] : ['', 'N', '', 'E', '', 'NF']
  const accuracy = fix ? ['2.1', '2.0', '0.007', '77.52', '0.007', '', '0.92', '1.19', '0.77', '9'] : NO_ACCURACY
  return ['PUBX', '00', timeField(reading), ...place, ...accuracy, '0', '0']
}

const NO_ACCURACY = ['5303302', '3750001', '0.000', '0.00', '0.000', '', '99.99', '99.99', '99.99', '0']

/** The week is that of UTC: no leap seconds are in it. */
function pubxTime({ reading, leapSeconds, leapIsDefault }: MakersState): Fields {
  const leap = `${leapSeconds}${leapIsDefault ? 'D' : ''}`
  if (reading === undefined) return ['PUBX', '04', '', '', '', '', leap, '0', '0.000', '21', '']
  const { week, secondOfWeek } = weekOf(reading)
  const date = two(reading.day) + two(reading.month) + two(reading.year % 100)
  return [
    'PUBX',
    '04',
    timeField(reading),
    date,
    `${secondOfWeek}.00`,
    String(week),
    leap,
    '495176',
    '342.504',
    '21',
    '',
  ]
}

function furuno(state: MakersState): readonly Fields[] {
  const { reading, fix, leapSeconds, leapIsDefault, tellsGpsTime, pulseIsOn, isJammed, quantizationNs } = state
  const time = reading === undefined ? '19990822000000' : longTime(reading)
  const status = reading === undefined ? '0' : leapIsDefault || tellsGpsTime ? '1' : '2'
  const leap = `+${two(tellsGpsTime ? 0 : leapSeconds)}`
  const sawtooth = `${quantizationNs > 0 ? '-' : '+'}${Math.min(Math.abs(quantizationNs), 1.76).toFixed(3)}`
  const jamming = isJammed ? ['1575.420', '45', '', '', '', ''] : ['', '', '', '', '', '']
  return [
    ['PERDCRJ', 'FREQ', 'GP', ...jamming],
    ['PERDCRW', 'TPS1', time, status, '00000000000000', leap, leap, fix ? (tellsGpsTime ? '1' : '2') : '0'],
    [
      'PERDCRX',
      'TPS2',
      pulseIsOn ? '1' : '0',
      '1',
      '0',
      '200',
      '+000000',
      '0',
      '0',
      fix ? '0020' : '9999',
      sawtooth,
      '0000',
    ],
    [
      'PERDCRY',
      'TPS3',
      fix ? '3' : '1',
      '0049',
      '015',
      '084533',
      '000000',
      fix ? '0' : '2',
      fix ? '0' : '2',
      '00',
      '0x20001300',
    ],
    [
      'PERDCRZ',
      'TPS4',
      fix ? '2' : '3',
      '1',
      '1',
      '+000000',
      '-000002',
      '+009999',
      '+059054',
      '+00731',
      '880000',
      '0x54',
      '0xA6',
    ],
  ]
}

function gptps({ reading, gps, fix, leapSeconds }: MakersState): Fields {
  const { week, secondOfWeek } = weekOf(gps)
  const time = reading === undefined ? '000000000000' : longTime(reading).slice(2)
  const leap = two(leapSeconds)
  return [
    'PFEC',
    'GPtps',
    time,
    fix ? '3' : '0',
    '1',
    '1',
    '170101000000',
    '00',
    leap,
    time,
    String(week),
    String(secondOfWeek),
  ]
}

function ptnta({ reading, gps, fix, holdoverSeconds }: MakersState): Fields {
  if (reading === undefined) return ['PTNTA', longTime(gps), '0', 'T4', '', '', '0', '1', '0']
  if (holdoverSeconds > 0 || !fix) return ['PTNTA', longTime(gps), '1', 'T4', '', '', '6', '1', '2']
  return ['PTNTA', longTime(gps), '2', 'T4', '000000066', '+099', '3', '0', '3']
}

const HOLDOVER_HEALTH_SECONDS = 60

function pjlts({ reading, fix, isJammed, seconds, holdoverSeconds }: MakersState): Fields {
  const lock = reading === undefined ? '0' : fix ? '6' : '1'
  const health = (holdoverSeconds > HOLDOVER_HEALTH_SECONDS ? 0x10 : 0) + (isJammed ? 0x800 : 0)
  const satellites = fix ? '17' : '0'
  return [
    'PJLTS',
    '-0.39',
    '-2.74',
    String(seconds),
    lock,
    '2.5829535',
    '86.0984',
    '-1.0E-12',
    String(holdoverSeconds),
    satellites,
    `0x${health.toString(16).toUpperCase()}`,
  ]
}

function pgrmf({ reading, gps, fix, leapSeconds }: MakersState): Fields {
  const { week, secondOfWeek } = weekOf(gps)
  const date = reading === undefined ? '' : two(reading.day) + two(reading.month) + two(reading.year % 100)
  const time = timeField(reading).slice(0, 6)
  const place = fix
    ? ['5128.6400', 'N', '00000.0000', 'E', 'A', '2', '0', '226', '2', '1']
    : ['', '', '', '', 'A', '0', '', '', '', '']
  return ['PGRMF', String(week % 1024), String(secondOfWeek), date, time, String(leapSeconds), ...place]
}

function longTime({ year, month, day, hour, minute, second }: UtcTime): string {
  return String(year).padStart(4, '0') + [month, day, hour, minute, second].map(two).join('')
}

function timeField(time: UtcTime | undefined): string {
  return time === undefined ? '' : `${two(time.hour)}${two(time.minute)}${two(time.second)}.00`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
