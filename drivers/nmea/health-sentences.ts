import { DefaultPacketFactory } from 'nmea-simple'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { NmeaSentence } from './sentence.ts'

/**
 * GGA and GSA through nmea-simple, with three of its habits kept out, and GSV. It throws where fields are missing and gives
 * NaN where they are malformed: fields are counted and checked first. It reads an empty field as 0: emptiness is looked
 * at here. It dates GGA from the host's clock: the time field is emptied before it gets the sentence.
 */
export interface FixData {
  /** nmea-simple's word for the quality indicator; undefined where the field is empty or has no word (firefly-II). */
  readonly quality: FixQuality | undefined
  readonly satellitesUsed: number | undefined
  /** Where the antenna is, and how well the satellites stand for that; undefined where a field is empty or malformed. */
  readonly position: FixPosition | undefined
}

export interface FixPosition {
  readonly latitudeDegrees: number
  readonly longitudeDegrees: number
  /** Horizontal dilution of precision. */
  readonly hdop: number
}

export type FixQuality = 'none' | 'fix' | 'delta' | 'pps' | 'rtk' | 'frtk' | 'estimated' | 'manual' | 'simulation'

export interface ActiveSatellites {
  readonly dimension: 'none' | '2D' | '3D' | undefined
  /** Position dilution of precision; undefined where empty, or 0 as Jackson Labs fill it. */
  readonly pdop: number | undefined
}

export interface SatellitesInView {
  readonly messages: number
  readonly message: number
  /** Satellites in view of the talker's system, over all messages. */
  readonly inView: number
  /** The signal that the carrier-to-noise densities are of (NMEA 4.10 and later); empty where it is not said. */
  readonly signal: string
  /** C/N0 in dB-Hz of each satellite in this message that is being tracked. */
  readonly cn0DbHz: readonly number[]
}

const decoder = new DefaultPacketFactory()

/** The address and everything before the differential tail. */
const GGA_FIELDS_MIN = 13
const GSA_FIELDS_MIN = 18
const GSV_HEADER_FIELDS = 4
const GSV_FIELDS_PER_SATELLITE = 4
const FIRST_CARRIER = 7
const GSV_NUMBERS = [1, 2, 3]

/** Fault: `nmea.field`. */
export function parseGga(sentence: NmeaSentence): Result<FixData> {
  const { fields } = sentence
  const checked = checkNumbers(sentence, GGA_FIELDS_MIN, [6, 7])
  if (!checked.ok) return checked
  return decoded(sentence, fields.with(1, ''), (packet) =>
    packet.sentenceId === 'GGA'
      ? {
          quality: fields[6] === '' ? undefined : packet.fixType,
          satellitesUsed: fields[7] === '' ? undefined : packet.satellitesInView,
          position: positionOf(fields),
        }
      : undefined,
  )
}

/** By hand: nmea-simple makes a place of empty fields. */
function positionOf(fields: readonly string[]): FixPosition | undefined {
  const latitudeDegrees = degreesOf(fields[2], fields[3], 'N', 'S')
  const longitudeDegrees = degreesOf(fields[4], fields[5], 'E', 'W')
  const hdop = Number.parseFloat(fields[8] ?? '')
  if (latitudeDegrees === undefined || longitudeDegrees === undefined || Number.isNaN(hdop)) return undefined
  return { latitudeDegrees, longitudeDegrees, hdop }
}

/** `dddmm.mmmm`, of which the last two digits before the point are minutes. */
function degreesOf(
  field: string | undefined,
  hemisphere: string | undefined,
  positive: string,
  negative: string,
): number | undefined {
  const digits = /^(\d{1,3})(\d{2}(?:\.\d{0,9})?)$/.exec(field ?? '')
  if (digits === null || (hemisphere !== positive && hemisphere !== negative)) return undefined
  const degrees = Number(digits[1]) + Number(digits[2]) / 60
  return hemisphere === positive ? degrees : -degrees
}

/** Fault: `nmea.field`. */
export function parseGsa(sentence: NmeaSentence): Result<ActiveSatellites> {
  const checked = checkNumbers(sentence, GSA_FIELDS_MIN, [2, 15])
  if (!checked.ok) return checked
  return decoded(sentence, sentence.fields, (packet) =>
    packet.sentenceId === 'GSA'
      ? {
          dimension: packet.fixMode === 'unknown' ? undefined : packet.fixMode,
          pdop: packet.PDOP > 0 ? packet.PDOP : undefined,
        }
      : undefined,
  )
}

/** By hand: nmea-simple makes a satellite of the signal field, and half of what a receiver says is this. Fault: `nmea.field`. */
export function parseGsv(sentence: NmeaSentence): Result<SatellitesInView> {
  const { fields } = sentence
  const beyond = (fields.length - GSV_HEADER_FIELDS) % GSV_FIELDS_PER_SATELLITE
  if (beyond > 1) return fieldCount(sentence, 'whole satellites of four fields, and at most a signal after them')
  const checked = checkNumbers(sentence, GSV_HEADER_FIELDS, GSV_NUMBERS)
  if (!checked.ok) return checked
  const cn0DbHz: number[] = []
  for (let index = FIRST_CARRIER; index < fields.length - beyond; index += GSV_FIELDS_PER_SATELLITE) {
    const field = fields[index]
    if (!isNumber(field)) return notANumber(sentence, index)
    const cn0 = Math.floor(Number(field))
    if (cn0 > 0) cn0DbHz.push(cn0)
  }
  return ok({
    messages: Number(fields[1]),
    message: Number(fields[2]),
    inView: Number(fields[3]),
    signal: beyond === 1 ? (fields.at(-1) ?? '') : '',
    cn0DbHz,
  })
}

type Packet = NonNullable<ReturnType<typeof decoder.assemble>>

function decoded<T>(
  sentence: NmeaSentence,
  fields: readonly string[],
  read: (packet: Packet) => T | undefined,
): Result<T> {
  let value: T | undefined
  try {
    const packet = decoder.assemble(
      { sentenceId: sentence.formatter ?? '', talkerId: sentence.talker ?? '' },
      fields as string[],
    )
    value = packet === null ? undefined : read(packet)
  } catch (error) {
    return fail('nmea.field', `${sentence.address}: expected a sentence that nmea-simple reads, got ${String(error)}`)
  }
  return value === undefined
    ? fail('nmea.field', `${sentence.address}: expected a sentence that nmea-simple knows, got another`)
    : ok(value)
}

function checkNumbers(sentence: NmeaSentence, fieldsMin: number, numeric: readonly number[]): Result<void> {
  if (sentence.fields.length < fieldsMin) return fieldCount(sentence, `at least ${fieldsMin - 1}`)
  for (const index of numeric) if (!isNumber(sentence.fields[index])) return notANumber(sentence, index)
  return ok(undefined)
}

const NUMBER_CHARACTERS_MAX = 19
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const POINT = 0x2e

/** Digits, and a point after the first of them; empty is a number that is not said. */
function isNumber(field = ''): boolean {
  if (field.length > NUMBER_CHARACTERS_MAX) return false
  let points = 0
  for (let i = 0; i < field.length; i++) {
    const code = field.charCodeAt(i)
    if (code === POINT && i > 0) points += 1
    else if (code < DIGIT_0 || code > DIGIT_9) return false
  }
  return points <= 1
}

function notANumber(sentence: NmeaSentence, index: number): Result<never> {
  const field = sentence.fields[index] ?? ''
  return fail('nmea.field', `${sentence.address} field ${index}: expected a number or nothing, got "${field}"`)
}

function fieldCount(sentence: NmeaSentence, expected: string): Result<never> {
  return fail('nmea.field', `${sentence.address}: expected ${expected}, got ${sentence.fields.length - 1} fields`)
}
