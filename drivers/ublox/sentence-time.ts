import type { UtcTime } from '../../src/core/leap.ts'
import type { NmeaSentence } from '../nmea/sentence.ts'
import { parseLongDate, parseShortDate, parseTimeOfDay } from '../nmea/time-fields.ts'

/** The date and time of an RMC that calls itself valid, or of a ZDA; undefined for every other sentence. */
export function sentenceTime(sentence: NmeaSentence): UtcTime | undefined {
  const { formatter, address } = sentence
  if (formatter !== 'RMC' && formatter !== 'ZDA') return undefined
  // Not before: a sentence is split when its fields are looked at.
  const { fields } = sentence
  const isRmc = formatter === 'RMC'
  if (isRmc && fields[2] !== 'A') return undefined
  const time = parseTimeOfDay(fields[1] ?? '', address)
  const [day = '', month = '', year = ''] = fields.slice(2)
  const date = isRmc ? parseShortDate(fields[9] ?? '', address) : parseLongDate(day, month, year, address)
  if (!time.ok || !date.ok || time.value === undefined || date.value === undefined) return undefined
  return { ...date.value, ...time.value }
}
