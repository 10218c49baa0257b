import { ok, type Result } from '../../src/core/fault.ts'
import { all, expectFields, parseChoice, parseDateTime, parseDecimal, parseWhole } from './fields.ts'
import type { NmeaSentence } from './sentence.ts'
import type { Told, ToldAlarm, ToldLeap } from './told.ts'

/**
 * Furuno's (eRide's) sentences of the GT-87 and GT-88 (eSIP protocol SE17-600-002, and recorded bytes of a GT-88): `CRW` time
 * and leap second, `CRX` pulse, `CRY` survey and TRAIM, `CRZ` frequency, `CRJ` jamming. Fault: `nmea.field`.
 */
export function parsePerd(sentence: NmeaSentence): Result<Told | undefined> {
  const parse = PARSERS[`${sentence.address},${sentence.fields[1] ?? ''}`]
  return parse === undefined ? ok(undefined) : parse(sentence)
}

const PARSERS: Readonly<Record<string, (sentence: NmeaSentence) => Result<Told>>> = {
  'PERDCRW,TPS1': parseTime,
  'PERDCRX,TPS2': parsePulse,
  'PERDCRY,TPS3': parseSurvey,
  'PERDCRZ,TPS4': parseFrequency,
  'PERDCRJ,FREQ': parseJamming,
}

/** What the time is of: the unit's own clock, GPS (no leap seconds, or those of the firmware), UTC with a count that was received. */
const TIME_STATUSES = ['0', '1', '2'] as const
const LEAP_FROM = { '0': 'unknown', '1': 'default', '2': 'satellites' } as const
/** 0 to 3 by the manual of the GT-87; 4 is on record of a GT-88, 4 and 5 as others read it. */
const PULSE_STATUSES = ['0', '1', '2', '3', '4', '5'] as const
const PULSE_ALIGNED_TO = ['own clock', 'GPS', 'UTC (USNO)', 'UTC (SU)', 'UTC (EU)', 'UTC (NICT)'] as const

/** `$PERDCRW,TPS1,yyyymmddhhmmss,time status,leap update yyyymmddhhmmss,leap now,leap then,pulse status[,…]` */
function parseTime(sentence: NmeaSentence): Result<Told> {
  const read = all([
    expectFields(sentence, 7),
    parseDateTime(sentence, 2),
    parseChoice(sentence, 3, TIME_STATUSES),
    parseDateTime(sentence, 4),
    parseWhole(sentence, 5),
    parseWhole(sentence, 6),
    parseChoice(sentence, 7, PULSE_STATUSES),
  ])
  if (!read.ok) return read
  const [, reading, timeStatus, , leapNow, leapThen, pulseStatus] = read.value
  const leap: ToldLeap = { from: LEAP_FROM[timeStatus], gpsMinusUtcSeconds: leapNow }
  const announced = leapNow !== undefined && leapThen !== undefined && Number(sentence.fields[4]) > 0
  return ok({
    topic: 'PERDCRW',
    ...(reading === undefined
      ? {}
      : { time: { reading, scale: undefined, believed: timeStatus === '0' ? false : 'by-fix' } }),
    ...(timeStatus === '0' ? {} : { leap }),
    alarms:
      timeStatus === '0' || pulseStatus === '0'
        ? [
            alarm(
              'gnss.own-clock',
              `${sentence.address}: expected time and pulse of satellites, got those of its own clock`,
              timeStatus === '0',
            ),
          ]
        : [],
    details: {
      pulseAlignedTo: PULSE_ALIGNED_TO[Number(pulseStatus)] ?? pulseStatus,
      ...(announced && leapThen !== leapNow ? { leapAnnounced: `${leapThen} from ${sentence.fields[4]} on` } : {}),
    },
  })
}

const PULSE_MODES = ['off', 'always', 'with a satellite', 'while TRAIM agrees', 'while accurate'] as const
const ACCURACY_UNKNOWN_NS = 9999

/**
 * `$PERDCRX,TPS2,on,mode,period,width ms,cable delay ns,polarity,type,accuracy ns,sawtooth ns,threshold ns[,…]`. The sawtooth is
 * to be added to the pulse before the one that the sentence follows: no label names that one, so it is only shown.
 */
function parsePulse(sentence: NmeaSentence): Result<Told> {
  const read = all([
    expectFields(sentence, 10),
    parseChoice(sentence, 2, ['0', '1']),
    parseWhole(sentence, 3),
    parseWhole(sentence, 6),
    parseWhole(sentence, 7),
    parseWhole(sentence, 9),
    parseDecimal(sentence, 10),
  ])
  if (!read.ok) return read
  const [, on, mode, cableDelayNs, polarity, accuracyNs, sawtoothNs] = read.value
  return ok({
    topic: 'PERDCRX',
    alarms:
      on === '1' ? [] : [alarm('gnss.pulse-off', `${sentence.address}: expected the pulse to be on, got off`, false)],
    details: {
      ...(mode === undefined ? {} : { pulseMode: PULSE_MODES[mode] ?? String(mode) }),
      ...(cableDelayNs === undefined ? {} : { cableDelayNs }),
      ...(polarity === undefined ? {} : { pulseEdge: polarity === 0 ? 'rising' : 'falling' }),
      ...(accuracyNs === undefined || accuracyNs >= ACCURACY_UNKNOWN_NS ? {} : { pulseAccuracyNs: accuracyNs }),
      ...(sawtoothNs === undefined ? {} : { sawtoothOfPulseBeforeNs: sawtoothNs }),
    },
  })
}

const POSITION_MODES = ['navigation', 'survey', 'continued survey', 'hold'] as const

/** `$PERDCRY,TPS3,mode,sigma m,threshold m,time s,threshold s,TRAIM solution,TRAIM status,satellites removed,…` */
function parseSurvey(sentence: NmeaSentence): Result<Told> {
  const read = all([
    expectFields(sentence, 9),
    parseWhole(sentence, 2),
    parseWhole(sentence, 3),
    parseWhole(sentence, 5),
    parseChoice(sentence, 7, ['0', '1', '2']),
    parseWhole(sentence, 9),
  ])
  if (!read.ok) return read
  const [, mode, sigmaM, surveySeconds, traim, removed] = read.value
  return ok({
    topic: 'PERDCRY',
    ...(traim === '1' ? { quality: 'unlocked' } : {}),
    alarms:
      traim === '1'
        ? [alarm('gnss.traim', `${sentence.address}: expected satellites that agree, got a TRAIM alarm`, false)]
        : [],
    details: {
      ...(mode === undefined ? {} : { positionMode: POSITION_MODES[mode] ?? String(mode) }),
      ...(sigmaM === undefined ? {} : { positionSigmaM: sigmaM }),
      ...(surveySeconds === undefined ? {} : { surveySeconds }),
      ...(removed === undefined ? {} : { satellitesRemoved: removed }),
    },
  })
}

const FREQUENCY_MODES = [undefined, 'warm-up', 'lock', 'holdover', 'free run', 'coarse', 'fine'] as const

/** `$PERDCRZ,TPS4,mode,on,accurate,…`: of the frequency output, which is not the pulse: only shown. */
function parseFrequency(sentence: NmeaSentence): Result<Told> {
  const read = all([expectFields(sentence, 4), parseWhole(sentence, 2)])
  if (!read.ok) return read
  const [, mode] = read.value
  return ok({
    topic: 'PERDCRZ',
    alarms: [],
    details: mode === undefined ? {} : { frequencyMode: FREQUENCY_MODES[mode] ?? String(mode) },
  })
}

/** `$PERDCRJ,FREQ,GP,,,,,,`: on record with nothing after the system while nothing jams. What stands there is shown as it is. */
function parseJamming(sentence: NmeaSentence): Result<Told> {
  const [, , system = '', ...found] = sentence.fields
  const jammed = found.some((field) => field !== '')
  const reason = `${sentence.address}: expected nothing but the system ${system}, got ${found.join(',')}`
  return ok({
    topic: `PERDCRJ ${system.slice(0, 2)}`,
    alarms: jammed ? [alarm('gnss.jammed', reason, false)] : [],
    details: {},
  })
}

function alarm(code: string, reason: string, doubtsLabels: boolean): ToldAlarm {
  return { code, reason, doubtsLabels }
}
