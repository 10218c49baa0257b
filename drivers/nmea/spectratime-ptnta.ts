import { ok, type Result } from '../../src/core/fault.ts'
import type { UtcTime } from '../../src/core/leap.ts'
import type { SampleQuality } from '../../src/core/sample.ts'
import { all, expectFields, malformed, parseChoice, parseDateTime, parseWhole } from './fields.ts'
import type { NmeaSentence } from './sentence.ts'
import type { Told } from './told.ts'

/**
 * The once-a-second sentence of SpectraTime's rubidium clocks (SRO, iSync, LNRClok):
 * `$PTNTA,20160203131536,2,T4,000000066,+108,3,0,3`. It is put into the middle of what the GPS receiver behind it sends.
 */
export interface Ptnta {
  readonly reading: UtcTime | undefined
  readonly oscillator: 'warming up' | 'free running' | 'disciplined'
  /** The pulse of the reference minus that of the output, ns, in ±0.5 s; undefined without a reference. */
  readonly intervalNs: number | undefined
  /** Of the fine phase comparator, about a nanosecond each; near ±500 where it is not in range. */
  readonly finePhase: number | undefined
  readonly state: SpectratimeState
  /** Whether date and time are nobody's, set by hand, or of GPS: hours ago, or fresh. Undefined in format T3. */
  readonly dateFrom: 'nobody' | 'hand' | 'GPS, not fresh' | 'GPS' | undefined
}

/** What `ST` and the sixth field tell, 0 to 9 (gpsd, Lady Heather). */
export const STATES = [
  'warming up',
  'tracking set-up',
  'tracking',
  'synchronized',
  'free run, tracking off',
  'free run, reference unstable',
  'free run, no reference',
  'frozen',
  'factory',
  'searching the line',
] as const

export type SpectratimeState = (typeof STATES)[number]

/** By itself: whether a free-running clock was ever locked is for the one who has listened to say. */
export const QUALITY_BY_STATE: Readonly<Record<SpectratimeState, SampleQuality>> = {
  'warming up': 'unlocked',
  'tracking set-up': 'unlocked',
  tracking: 'locked',
  synchronized: 'locked',
  'free run, tracking off': 'holdover',
  'free run, reference unstable': 'holdover',
  'free run, no reference': 'holdover',
  frozen: 'holdover',
  factory: 'unlocked',
  'searching the line': 'unlocked',
}

const OSCILLATORS = ['warming up', 'free running', 'disciplined'] as const
const DATES_FROM = ['nobody', 'hand', 'GPS, not fresh', 'GPS'] as const
const NS_PER_SECOND = 1_000_000_000

/** Fault: `nmea.field`. */
export function parsePtnta(sentence: NmeaSentence): Result<Ptnta> {
  const read = all([
    expectFields(sentence, 7),
    parseDateTime(sentence, 1),
    parseChoice(sentence, 2, ['0', '1', '2']),
    parseChoice(sentence, 3, ['T3', 'T4']),
    parseInterval(sentence, 4),
    parseWhole(sentence, 5),
    parseChoice(sentence, 6, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']),
    parseChoice(sentence, 8, ['', '0', '1', '2', '3']),
  ])
  if (!read.ok) return read
  const [, reading, oscillator, , intervalNs, finePhase, state, dateFrom] = read.value
  return ok({
    reading,
    oscillator: OSCILLATORS[Number(oscillator)] ?? 'warming up',
    intervalNs,
    finePhase,
    state: STATES[Number(state)] ?? 'warming up',
    dateFrom: dateFrom === '' ? undefined : DATES_FROM[Number(dateFrom)],
  })
}

/** 0 to 999999999 ns, the upper half for early; blank, or of question marks, without a reference. */
function parseInterval(sentence: NmeaSentence, index: number): Result<number | undefined> {
  const field = sentence.fields[index] ?? ''
  if (/^\?*$/.test(field)) return ok(undefined)
  if (!/^\d{1,9}$/.test(field)) return malformed(sentence, index, 'nanoseconds')
  const ns = Number(field)
  return ok(ns >= NS_PER_SECOND / 2 ? ns - NS_PER_SECOND : ns)
}

/** In the words of a receiver's port. Its time is GPS time where recorded, 17 s ahead of the receiver's UTC in 2016. */
export function tellPtnta(sentence: NmeaSentence): Result<Told> {
  const parsed = parsePtnta(sentence)
  if (!parsed.ok) return parsed
  const { reading, oscillator, intervalNs, state, dateFrom } = parsed.value
  const quality = oscillator === 'disciplined' ? QUALITY_BY_STATE[state] : weakened(QUALITY_BY_STATE[state])
  const reason = `PTNTA: expected a disciplined oscillator, got ${state}`
  return ok({
    topic: 'PTNTA',
    ...(reading === undefined
      ? {}
      : { time: { reading, scale: 'gps', believed: dateFrom === 'GPS' && quality === 'locked' } }),
    quality,
    alarms: quality === 'locked' ? [] : [{ code: `spectratime.${quality}`, reason, doubtsLabels: false }],
    details: {
      oscillator: state,
      ...(dateFrom === undefined ? {} : { dateFrom }),
      ...(intervalNs === undefined ? {} : { referenceMinusOutputNs: intervalNs }),
    },
  })
}

/** It tracks, but is not disciplined yet. */
function weakened(quality: SampleQuality): SampleQuality {
  return quality === 'locked' ? 'unlocked' : quality
}
