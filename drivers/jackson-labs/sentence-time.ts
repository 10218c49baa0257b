import type { CivilDate } from '../../src/core/civil-date.ts'
import { ok, type Result } from '../../src/core/fault.ts'
import type { NmeaSentence } from '../nmea/sentence.ts'
import { parseLongDate, parseShortDate, parseTimeOfDay, type TimeOfDay } from '../nmea/time-fields.ts'

interface SentenceTime {
  readonly date: CivilDate
  readonly time: TimeOfDay
  /** The status of RMC; ZDA has none. */
  readonly isValid: boolean | undefined
}

/** The date and time of RMC and ZDA; undefined for other sentences and for empty fields. Fault: `nmea.field`. */
export function readSentenceTime({ formatter, fields }: NmeaSentence): Result<SentenceTime | undefined> {
  if (formatter !== 'RMC' && formatter !== 'ZDA') return ok(undefined)
  const time = parseTimeOfDay(fields[1] ?? '', formatter)
  if (!time.ok) return time
  const date =
    formatter === 'RMC'
      ? parseShortDate(fields[9] ?? '', formatter)
      : parseLongDate(fields[2] ?? '', fields[3] ?? '', fields[4] ?? '', formatter)
  if (!date.ok) return date
  if (time.value === undefined || date.value === undefined) return ok(undefined)
  return ok({ date: date.value, time: time.value, isValid: formatter === 'RMC' ? fields[2] === 'A' : undefined })
}
