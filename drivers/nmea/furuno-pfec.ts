import { ok, type Result } from '../../src/core/fault.ts'
import type { UtcTime } from '../../src/core/leap.ts'
import { all, checkWeek, expectFields, malformed, parseWhole } from './fields.ts'
import type { NmeaSentence } from './sentence.ts'
import { parseShortDate, parseTimeOfDay } from './time-fields.ts'
import type { Told } from './told.ts'

/** The status with which a working unit is on record; what the others mean is not known to us. */
const TIME_STATUS_ON_RECORD = 3

/**
 * Time transfer of Furuno's older timing engines (GT-80 and its kin), as recorded:
 * `$PFEC,GPtps,101025222449,3,1,1,090101000000,00,15,101025162124,1607,167104`: UTC as yymmddhhmmss, three statuses, when the
 * leap second count changes, a code, the count, another time, GPS week and second in it. The last two are of GPS time: with the
 * count they must give the first. Fault: `nmea.field`.
 */
export function parsePfec(sentence: NmeaSentence): Result<Told | undefined> {
  if (sentence.fields[1] !== 'GPtps') return ok(undefined)
  const read = all([
    expectFields(sentence, 11),
    parseTimeAt(sentence, 2),
    parseWhole(sentence, 3),
    parseWhole(sentence, 8),
    parseWhole(sentence, 10),
    parseWhole(sentence, 11),
  ])
  if (!read.ok) return read
  const [, reading, status, leapSeconds, week, secondOfWeek] = read.value
  const onRecord = status === TIME_STATUS_ON_RECORD
  return ok({
    topic: 'PFEC,GPtps',
    ...(reading === undefined ? {} : { time: { reading, scale: 'utc', believed: onRecord ? 'by-fix' : false } }),
    ...(leapSeconds === undefined || !onRecord
      ? {}
      : { leap: { from: 'unknown', gpsMinusUtcSeconds: leapSeconds } as const }),
    alarms: reading === undefined ? [] : checkWeek(sentence, reading, leapSeconds ?? 0, week, secondOfWeek),
    details: status === undefined ? {} : { timeStatus: status },
  })
}

/** `yymmddhhmmss`; all zeros are no time. */
function parseTimeAt(sentence: NmeaSentence, index: number): Result<UtcTime | undefined> {
  const field = sentence.fields[index] ?? ''
  if (/^0*$/.test(field)) return ok(undefined)
  if (!/^\d{12}$/.test(field)) return malformed(sentence, index, 'yymmddhhmmss')
  const where = `${sentence.address} field ${index}`
  const date = parseShortDate(field.slice(4, 6) + field.slice(2, 4) + field.slice(0, 2), where)
  const time = parseTimeOfDay(field.slice(6), where)
  if (!date.ok) return date
  if (!time.ok) return time
  return ok(date.value === undefined || time.value === undefined ? undefined : { ...date.value, ...time.value })
}
