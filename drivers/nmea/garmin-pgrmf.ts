import { ok, type Result } from '../../src/core/fault.ts'
import { all, checkWeek, expectFields, parseChoice, parseWhole } from './fields.ts'
import type { NmeaSentence } from './sentence.ts'
import { parseShortDate, parseTimeOfDay } from './time-fields.ts'
import type { Told } from './told.ts'

/**
 * Garmin's fix data: `$PGRMF,week modulo 1024,GPS second of week,ddmmyy,hhmmss,leap seconds,lat,N,long,E,mode,fix,…`, like
 * `$PGRMF,290,293895,160305,093802,13,…`. Week and second are of GPS time, date and time of UTC. Whether the leap count was received it
 * does not say. Fault: `nmea.field`.
 */
export function parsePgrmf(sentence: NmeaSentence): Result<Told> {
  const { address, fields } = sentence
  const read = all([
    expectFields(sentence, 11),
    parseWhole(sentence, 1),
    parseWhole(sentence, 2),
    parseShortDate(fields[3] ?? '', `${address} field 3 (date)`),
    parseTimeOfDay(fields[4] ?? '', `${address} field 4 (time)`),
    parseWhole(sentence, 5),
    parseChoice(sentence, 11, ['0', '1', '2']),
  ])
  if (!read.ok) return read
  const [, week, secondOfWeek, date, time, leapSeconds, fix] = read.value
  const reading = date === undefined || time === undefined ? undefined : { ...date, ...time }
  return ok({
    topic: 'PGRMF',
    fix: fix !== '0',
    ...(reading === undefined ? {} : { time: { reading, scale: 'utc', believed: fix !== '0' } }),
    ...(leapSeconds === undefined ? {} : { leap: { from: 'unknown', gpsMinusUtcSeconds: leapSeconds } as const }),
    alarms: reading === undefined ? [] : checkWeek(sentence, reading, leapSeconds ?? 0, week, secondOfWeek),
    details: {},
  })
}
