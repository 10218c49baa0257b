import type { CivilDate } from '../../src/core/civil-date.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { UtcTime } from '../../src/core/leap.ts'
import {
  type ActiveSatellites,
  type FixData,
  parseGga,
  parseGsa,
  parseGsv,
  type SatellitesInView,
} from '../nmea/health-sentences.ts'
import { parseProprietary } from '../nmea/proprietary.ts'
import type { NmeaSentence } from '../nmea/sentence.ts'
import { parseLongDate, parseShortDate, parseTimeOfDay, type TimeOfDay } from '../nmea/time-fields.ts'
import type { Told } from '../nmea/told.ts'

/** What a timing receiver says, one sentence at a time. */
export type NmeaMessage =
  | { readonly type: 'rmc'; readonly reading: UtcTime | undefined; readonly fix: boolean; readonly mode: string }
  | { readonly type: 'zda'; readonly reading: UtcTime | undefined }
  | ({ readonly type: 'gga' } & FixData)
  | ({ readonly type: 'gsa' } & ActiveSatellites)
  | ({ readonly type: 'gsv'; readonly talker: string } & SatellitesInView)
  | { readonly type: 'told'; readonly told: Told }
  | { readonly type: 'other' }

/** The address and all fields up to the date. */
const RMC_FIELDS_MIN = 10
const ZDA_FIELDS_MIN = 5

/**
 * RMC modes that stand for a position from satellites: autonomous, differential, real-time kinematic fixed and float,
 * precise; empty or absent before NMEA 2.3. Not among them: N (no fix), E (dead reckoning), M (manual), S (simulator).
 */
const FIX_MODES: readonly string[] = ['', 'A', 'D', 'F', 'P', 'R']

/**
 * Understands a sentence of any talker; what is not for timing is `other`. Faults: `nmea.field` for a field that has
 * not its form, or is empty in a sentence that calls itself valid.
 */
export function parseMessage(sentence: NmeaSentence): Result<NmeaMessage> {
  switch (sentence.formatter) {
    case 'RMC':
      return parseRmc(sentence)
    case 'ZDA':
      return parseZda(sentence)
    case 'GGA':
      return tagged('gga', parseGga(sentence))
    case 'GSA':
      return tagged('gsa', parseGsa(sentence))
    case 'GSV': {
      const parsed = parseGsv(sentence)
      return parsed.ok ? ok({ type: 'gsv', talker: sentence.talker ?? '', ...parsed.value }) : parsed
    }
    case undefined: {
      const told = parseProprietary(sentence)
      if (!told.ok) return told
      return ok(told.value === undefined ? { type: 'other' } : { type: 'told', told: told.value })
    }
    default:
      return ok({ type: 'other' })
  }
}

/** `$--RMC,hhmmss.ss,A|V,lat,N|S,lon,E|W,speed,course,ddmmyy,variation,E|W[,mode[,navigation status]]` */
function parseRmc(sentence: NmeaSentence): Result<NmeaMessage> {
  const { address, fields } = sentence
  if (fields.length < RMC_FIELDS_MIN) return tooShort(sentence, RMC_FIELDS_MIN)
  const status = fields[2] ?? ''
  if (status !== 'A' && status !== 'V') {
    return fail('nmea.field', `${address} field 2 (status): expected A or V, got "${status}"`)
  }
  const time = parseTimeOfDay(fields[1] ?? '', `${address} field 1 (time)`)
  if (!time.ok) return time
  const date = parseShortDate(fields[9] ?? '', `${address} field 9 (date)`)
  if (!date.ok) return date
  // Field 11 is the direction of the magnetic variation and may be an E too (Meinberg GPS164): the mode is field 12.
  const mode = fields[12] ?? ''
  const fix = status === 'A' && FIX_MODES.includes(mode)
  const reading = join(date.value, time.value)
  if (fix && reading === undefined) {
    return fail('nmea.field', `${address} fields 1 and 9: expected a time and a date under status A, got none`)
  }
  return ok({ type: 'rmc', reading, fix, mode })
}

/** `$--ZDA,hhmmss.ss,dd,mm,yyyy,zone hours,zone minutes`; the zone is for display and changes nothing. */
function parseZda(sentence: NmeaSentence): Result<NmeaMessage> {
  const { address, fields } = sentence
  if (fields.length < ZDA_FIELDS_MIN) return tooShort(sentence, ZDA_FIELDS_MIN)
  const time = parseTimeOfDay(fields[1] ?? '', `${address} field 1 (time)`)
  if (!time.ok) return time
  const date = parseLongDate(fields[2] ?? '', fields[3] ?? '', fields[4] ?? '', `${address} fields 2 to 4 (date)`)
  if (!date.ok) return date
  return ok({ type: 'zda', reading: join(date.value, time.value) })
}

function join(date: CivilDate | undefined, time: TimeOfDay | undefined): UtcTime | undefined {
  return date === undefined || time === undefined ? undefined : { ...date, ...time }
}

function tagged<K extends string, T extends object>(type: K, parsed: Result<T>): Result<{ readonly type: K } & T> {
  return parsed.ok ? ok({ type, ...parsed.value }) : parsed
}

function tooShort(sentence: NmeaSentence, fieldsMin: number): Result<never> {
  const message = `${sentence.address}: expected at least ${fieldsMin - 1} fields, got ${sentence.fields.length - 1}`
  return fail('nmea.field', message)
}
