import { ok, type Result } from '../../src/core/fault.ts'
import { all, checkWeek, expectFields, malformed, parseDecimal, parseWhole } from './fields.ts'
import type { NmeaSentence } from './sentence.ts'
import { parseShortDate, parseTimeOfDay } from './time-fields.ts'
import type { Told, ToldLeap } from './told.ts'

/**
 * u-blox's own sentences (u-blox M8/F9 interface descriptions): `PUBX,00` position and fix, `PUBX,04` time of day, whose
 * leap count is marked with a `D` while it is the firmware's and no satellite has confirmed it. Fault: `nmea.field`.
 */
export function parsePubx(sentence: NmeaSentence): Result<Told | undefined> {
  const { fields } = sentence
  if (fields[1] === '04') return parseTime(sentence)
  return fields[1] === '00' ? parsePosition(sentence) : ok(undefined)
}

/** `$PUBX,04,hhmmss.ss,ddmmyy,second of UTC week,UTC week,leap[D],clock bias ns,clock drift ns/s,pulse granularity ns,` */
function parseTime(sentence: NmeaSentence): Result<Told> {
  const { address, fields } = sentence
  const read = all([
    expectFields(sentence, 6),
    parseTimeOfDay(fields[2] ?? '', `${address} field 2 (time)`),
    parseShortDate(fields[3] ?? '', `${address} field 3 (date)`),
    parseDecimal(sentence, 4),
    parseWhole(sentence, 5),
    parseLeap(sentence),
  ])
  if (!read.ok) return read
  const [, time, date, secondOfWeek, week, leap] = read.value
  const reading = time === undefined || date === undefined ? undefined : { ...date, ...time }
  return ok({
    topic: 'PUBX,04',
    ...(reading === undefined ? {} : { time: { reading, scale: undefined, believed: 'by-fix' } }),
    ...(leap === undefined ? {} : { leap }),
    alarms: reading === undefined ? [] : checkWeek(sentence, reading, 0, week, secondOfWeek),
    details: {},
  })
}

function parseLeap(sentence: NmeaSentence): Result<ToldLeap | undefined> {
  const field = sentence.fields[6] ?? ''
  // Before protocol version 13.01 the time of week stands here once more.
  if (field === '' || /^\d{1,6}\.\d{1,3}$/.test(field)) return ok(undefined)
  const count = /^(\d{1,3})(D?)$/.exec(field)
  if (count === null) return malformed(sentence, 6, 'leap seconds, with a D while they are the default')
  return ok({ from: count[2] === 'D' ? 'default' : 'satellites', gpsMinusUtcSeconds: Number(count[1]) })
}

/**
 * No fix, dead reckoning, satellites and dead reckoning, 2D, 3D, differential 2D and 3D, time only. What leans on dead
 * reckoning is no fix here.
 */
const FIX_STATES: ReadonlyMap<string, boolean> = new Map([
  ['NF', false],
  ['DR', false],
  ['RK', false],
  ['G2', true],
  ['G3', true],
  ['D2', true],
  ['D3', true],
  ['TT', true],
])

/** `$PUBX,00,time,lat,N,long,E,altitude,state,hAcc m,vAcc m,speed,course,vVel,age,HDOP,VDOP,TDOP,satellites used,…` */
function parsePosition(sentence: NmeaSentence): Result<Told> {
  const fix = FIX_STATES.get(sentence.fields[8] ?? '')
  const read = all([
    expectFields(sentence, 18),
    parseDecimal(sentence, 9),
    parseDecimal(sentence, 17),
    parseWhole(sentence, 18),
  ])
  if (!read.ok) return read
  if (fix === undefined) return malformed(sentence, 8, `one of ${[...FIX_STATES.keys()].join(', ')}`)
  const [, accuracyM, tdop, satellites] = read.value
  return ok({
    topic: 'PUBX,00',
    fix,
    alarms: [],
    details: {
      fixState: sentence.fields[8] ?? '',
      ...(accuracyM === undefined ? {} : { horizontalAccuracyM: accuracyM }),
      ...(tdop === undefined ? {} : { tdop }),
      ...(satellites === undefined ? {} : { satellitesUsed: satellites }),
    },
  })
}
