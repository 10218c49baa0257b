import { assert } from '../../src/core/assert.ts'
import { type LeapTable, taiMinusUtcAt, taiToUtc, type UtcTime } from '../../src/core/leap.ts'
import { type MonoNs, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { matchesHeader } from '../scpi/header.ts'
import type { EmulatedLoop } from './emulated-loop.ts'
import type { FaultName } from './emulator-faults.ts'

/** What the answers of an emulated instrument are made from. */
export interface Panel {
  readonly loop: EmulatedLoop
  readonly faults: ReadonlySet<FaultName>
  readonly leapTable: LeapTable
  prompt: boolean
  echo: boolean
  /** Seconds between two lines of the servo trace, 0 for none; and between two sentences of each kind. */
  trace: number
  nmea: number
  thresholdNs: number
  antennaDelayNs: number
  /** How long after the time of day the date turns at midnight. */
  readonly dateLagNs: bigint
  stuckSecond: bigint | undefined
}

const ERROR = 'Command Error'
const SATELLITES_TRACKED = 14
const SATELLITES_VISIBLE = 20
const ROLLOVER_SECONDS = 7168n * 86_400n

type Reply = (panel: Panel, now: MonoNs) => readonly string[]

/** Forms as recorded from an LN Rb GPSDO with firmware 1.17; that unit's figures where nothing stands behind them here. */
const REPLIES: readonly (readonly [pattern: string, reply: Reply])[] = [
  ['*IDN?', () => ['Jackson Labs, LN Rb GPSDO (PRE), Firmware Rev 1.17']],
  ['SYSTem:ID:SN?', () => ['122301668']],
  ['PTIMe:DATE?', (panel, now) => [dateText(panel, now)]],
  ['PTIMe:TIME?', (panel, now) => [timeText(panel, now, ',')]],
  ['PTIMe:TIME:STRing?', (panel, now) => [timeText(panel, now, ':')]],
  ['PTIMe:TINTerval?', ({ loop }) => [seconds(loop.phaseNs())]],
  ['PTIMe:LEAPsecond:ACCumulated?', (panel, now) => [String(leapSeconds(panel, now))]],
  ['PTIMe?', (panel, now) => timeBlock(panel, now)],
  ['SYNChronization:LOCKed?', ({ loop }, now) => [flag(loop.isLocked(now))]],
  ['SYNChronization:HEAlth?', ({ loop }, now) => [hex(loop.health(now))]],
  ['SYNChronization:TINTerval?', ({ loop }) => [seconds(loop.phaseNs())]],
  ['SYNChronization:FEEstimate?', () => ['1.31E-11']],
  ['SYNChronization:HOLDover:DURation?', ({ loop }, now) => [holdover(loop, now)]],
  ['SYNChronization:HOLDover:STATe?', ({ loop }, now) => [holdoverState(loop, now)]],
  ['SYNChronization?', (panel, now) => synchronizationBlock(panel, now)],
  ['GPS:SATellite:TRAcking:COUNT?', ({ loop }) => [loop.hasSatellites() ? String(SATELLITES_TRACKED) : '0']],
  ['GPS:SATellite:VISible:COUNT?', ({ loop }) => [loop.hasSatellites() ? String(SATELLITES_VISIBLE) : '0']],
  ['GPS:REFerence:ADELay?', ({ antennaDelayNs }) => [delayText(antennaDelayNs)]],
  ['GPS?', (panel) => receiverBlock(panel)],
  ['DIAGnostic?', () => ['EFControl Relative: -0.410000%', 'EFControl Absolute: -82.000000', 'Lifetime : +0']],
]

/** The lines that answer `command`; none for an order obeyed. `SYNC:LOCKED?` and `SAT:TRAC` are taken in every form recorded. */
export function replyTo(panel: Panel, command: string, now: MonoNs): readonly string[] {
  const [header = '', ...parameters] = command.trim().split(/\s+/)
  if (header === '') return []
  const obeyed = obey(panel, header, parameters.join(' '))
  if (obeyed !== undefined) return obeyed ? [] : [ERROR]
  const known = REPLIES.find(
    ([pattern]) => matchesHeader(pattern, header) || matchesHeader(pattern, shortTrack(header)),
  )
  return known === undefined || parameters.length > 0 ? [ERROR] : known[1](panel, now)
}

/** The recorded unit lists TRAcking:COUNT and answers TRAC:COUN too. */
function shortTrack(header: string): string {
  return header.replace(/:TRAC(?=:)/i, ':TRA').replace(/:COUN\?/i, ':COUNT?')
}

function obey(panel: Panel, header: string, parameters: string): boolean | undefined {
  const onOff = /^(ON|OFF)$/i.test(parameters)
  const isOn = parameters.toUpperCase() === 'ON'
  const count = /^\d{1,3}$/.test(parameters) ? Number(parameters) : undefined
  if (matchesHeader('SYSTem:COMMunicate:SERial:PROmpt', header)) {
    if (onOff) panel.prompt = isOn
    return onOff
  }
  if (matchesHeader('SYSTem:COMMunicate:SERial:ECHO', header)) {
    if (onOff) panel.echo = isOn
    return onOff
  }
  if (matchesHeader('SERVo:TRACe', header)) {
    if (count !== undefined) panel.trace = count
    return count !== undefined
  }
  if (['GPS:GPRMC', 'GPS:GPZDA'].some((pattern) => matchesHeader(pattern, header))) {
    if (count !== undefined) panel.nmea = count
    return count !== undefined
  }
  if (matchesHeader('SYNChronization:HOLDover:INITiate', header)) {
    panel.loop.hold()
    return true
  }
  if (matchesHeader('SYNChronization:HOLDover:RECovery:INITiate', header)) {
    panel.loop.recover()
    return true
  }
  return undefined
}

/** The second that it tells: the one that runs by its own pulses. */
export function utcOf(panel: Panel, now: MonoNs, aheadSeconds = 0n): UtcTime {
  const { loop, faults, leapTable } = panel
  panel.stuckSecond = faults.has('stuck-second') ? (panel.stuckSecond ?? loop.secondAt(now)) : undefined
  const second = (panel.stuckSecond ?? loop.secondAt(now)) + aheadSeconds
  const utc = taiToUtc(leapTable, taiNs(second * NS_PER_SECOND))
  assert(utc.ok, 'the sky of an emulated instrument is one of our days')
  if (!faults.has('rollover')) return utc.value
  const early = taiToUtc(leapTable, taiNs((second - ROLLOVER_SECONDS) * NS_PER_SECOND))
  assert(early.ok, 'the sky of an emulated instrument is one of our days')
  const { year, month, day } = early.value
  return { ...utc.value, year, month, day }
}

function dateText(panel: Panel, now: MonoNs): string {
  const { year, month, day } = utcOf(panel, plus(now, -panel.dateLagNs))
  return `${year},${month},${day}`
}

function timeText(panel: Panel, now: MonoNs, mark: ',' | ':'): string {
  const { hour, minute, second } = utcOf(panel, now)
  const twoDigits = (value: number): string => String(value).padStart(2, '0')
  return mark === ',' ? `${hour},${minute},${second}` : `${hour}:${twoDigits(minute)}:${twoDigits(second)}`
}

function timeBlock(panel: Panel, now: MonoNs): readonly string[] {
  return [
    `DATE :${dateText(panel, now)}`,
    `TIME :${timeText(panel, now, ':')}`,
    `TINTerval :${seconds(panel.loop.phaseNs())}`,
    'OUTput :0',
    `LEAPSECOND :${leapSeconds(panel, now)}`,
  ]
}

function synchronizationBlock({ loop, thresholdNs }: Panel, now: MonoNs): readonly string[] {
  return [
    '1PPS SOURCE MODE  : GPS     ',
    '1PPS SOURCE STATE : GPS',
    '1PPS on RESET : OFF',
    '1PPS DOMAIN : CSAC',
    `1PPS LOCK STATUS  : ${flag(loop.isLocked(now))}`,
    `HOLDOVER STATE: ${holdoverState(loop, now)}`,
    `LAST HOLDOVER DURATION : ${holdover(loop, now)}`,
    'FREQ ERROR ESTIMATE : 1.31E-11',
    `TIME INTERVAL DIFFERENCE : ${seconds(loop.phaseNs())}`,
    `TIME INTERVAL THRESHOLD : ${thresholdNs}`,
    'PHASE NOISE FILTER : ON  ',
    `HEALTH STATUS : ${hex(loop.health(now))}`,
  ]
}

function receiverBlock({ loop, antennaDelayNs }: Panel): readonly string[] {
  const has = loop.hasSatellites()
  return [
    'GNSS: GPS SBAS GAL ',
    `ANTENNA DELAY:${delayText(antennaDelayNs)}`,
    `PULSE SAWTOOTH:${has ? '-3.1' : '0.0'}`,
    `TRACKED SATS :${has ? SATELLITES_TRACKED : 0}`,
    `VISIBLE SATS :${has ? SATELLITES_VISIBLE : 0}`,
    'ACTUAL POSITION:',
    `N,${has ? '5004.6500' : '   0.0000'}`,
    `E,${has ? '0814.3200' : '   0.0000'}`,
    `${has ? '150.00' : '0.00'} m`,
    `${has ? '0.03' : '0.00'} Knots`,
    '0.00 Degrees',
    `GPS Receiver Status: ${has ? '3D Fix' : 'No Fix'}`,
    'DYNAMIC MODE:AUTOMATIC(8)',
    'DYNAMIC STATE:STATIONARY(1)',
    'SURVEY MIN DURATION:3600',
    'SURVEY VARIANCE LIMIT:150000',
    'SURVEY STATUS:ACTIVE',
    'TIMING MODE:RSTSURV',
    'JAMMING LEVEL:8',
    'FIRMWARE VERSION: 3.01',
  ]
}

function holdover(loop: EmulatedLoop, now: MonoNs): string {
  const { seconds: lasted, lasts } = loop.holdover(now)
  return `${lasted},${flag(lasts)}`
}

function holdoverState(loop: EmulatedLoop, now: MonoNs): string {
  const { lasts, isManual } = loop.holdover(now)
  if (!lasts) return 'NONE'
  return isManual ? 'MANUAL' : 'ON'
}

function leapSeconds({ leapTable, loop }: Panel, now: MonoNs): number {
  return (taiMinusUtcAt(leapTable, taiNs(loop.secondAt(now) * NS_PER_SECOND)) ?? 19) - 19
}

/** `6.763E-08`: C's `%.3E`. */
function seconds(ns: number): string {
  const [mantissa = '', exponent = ''] = (ns * 1e-9).toExponential(3).split('e')
  const power = Number(exponent)
  return `${mantissa}E${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** `2.5e-08`: C's `%g`. */
function delayText(ns: number): string {
  if (ns === 0) return '0'
  return Number((ns * 1e-9).toPrecision(6))
    .toExponential()
    .replace(/e-(\d)$/, 'e-0$1')
}

function flag(on: boolean): string {
  return on ? '1' : '0'
}

function hex(bits: number): string {
  return `0x${bits.toString(16)}`
}
