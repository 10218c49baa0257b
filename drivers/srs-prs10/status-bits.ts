/**
 * What the bits of ST1 to ST6 say, least significant first (PRS10 manual, "Status bytes"; OpenTTP's prs10 reads them so
 * from real units). `alarm`: which alarm a bit raises; without one it is a matter of course, or told elsewhere.
 */
export interface StatusBit {
  readonly text: string
  readonly alarm?: StatusAlarm
}

export type StatusAlarm =
  | 'supply'
  | 'lamp'
  | 'rf'
  | 'temperature'
  | 'unlocked'
  | 'control'
  | 'input-pulse'
  | 'reset'
  | 'eeprom'

const SUPPLY = [
  ['electronics supply below 22 V', 'supply'],
  ['electronics supply above 30 V', 'supply'],
  ['heater supply below 22 V', 'supply'],
  ['heater supply above 30 V', 'supply'],
  ['lamp light level too low', 'lamp'],
  ['lamp light level too high', 'lamp'],
  ['lamp gate voltage too low', 'lamp'],
  ['lamp gate voltage too high', 'lamp'],
] as const

const RF = [
  ['RF synthesizer not locked', 'rf'],
  ['RF crystal varactor too low', 'rf'],
  ['RF crystal varactor too high', 'rf'],
  ['RF oscillator control too low', 'rf'],
  ['RF oscillator control too high', 'rf'],
  ['RF gain control too low', 'rf'],
  ['RF gain control too high', 'rf'],
  ['bad RF synthesizer parameter', 'rf'],
] as const

const TEMPERATURE = [
  ['lamp temperature below its set point', 'temperature'],
  ['lamp temperature above its set point', 'temperature'],
  ['crystal temperature below its set point', 'temperature'],
  ['crystal temperature above its set point', 'temperature'],
  ['cell temperature below its set point', 'temperature'],
  ['cell temperature above its set point', 'temperature'],
  ['case temperature too low', 'temperature'],
  ['case temperature too high', 'temperature'],
] as const

const LOCK = [
  ['frequency lock control is off', 'unlocked'],
  ['frequency lock is disabled', 'unlocked'],
  ['crystal control voltage at its upper end', 'control'],
  ['crystal control voltage at its lower end', 'control'],
  ['calibration voltage above 4.9 V', 'control'],
  ['calibration voltage below 0.1 V', 'control'],
  ['bit 6'],
  ['bit 7'],
] as const

/** Of use alone while the unit is told to follow its input. */
const PULSE_INPUT = [
  ['following is disabled'],
  ['fewer than 256 good input pulses'],
  ['follows its input'],
  ['256 bad input pulses', 'input-pulse'],
  ['input pulse too far off', 'input-pulse'],
  ['following was restarted', 'input-pulse'],
  ['following has come to the end of its range', 'input-pulse'],
  ['no input pulse', 'input-pulse'],
] as const

const SYSTEM = [
  ['lamp restarted', 'reset'],
  ['watchdog time-out and reset', 'reset'],
  ['bad interrupt', 'reset'],
  ['EEPROM write failure', 'eeprom'],
  ['EEPROM contents corrupt', 'eeprom'],
  ['command not understood'],
  ['parameter not accepted'],
  ['unit was reset', 'reset'],
] as const

const ROWS: readonly (readonly (readonly [text: string, alarm?: StatusAlarm])[])[] = [
  SUPPLY,
  RF,
  TEMPERATURE,
  LOCK,
  PULSE_INPUT,
  SYSTEM,
]

/** By byte, 0 for ST1, and bit. */
export const STATUS_BITS: readonly (readonly StatusBit[])[] = ROWS.map((row) =>
  row.map(([text, alarm]) => (alarm === undefined ? { text } : { text, alarm })),
)

/** Bits that have a meaning of their own to the driver, as byte × 8 + bit. */
export const BIT = {
  lockControlOff: 24,
  lockDisabled: 25,
  following: 34,
  noInputPulse: 39,
  commandNotUnderstood: 45,
  parameterNotAccepted: 46,
  reset: 47,
} as const

/** The numbers of the bits that are set, as byte × 8 + bit. */
export function bitsOf(bytes: readonly number[]): readonly number[] {
  return bytes.flatMap((byte, index) =>
    Array.from({ length: 8 }, (_, bit) => index * 8 + bit).filter((bit) => (byte & (1 << (bit % 8))) !== 0),
  )
}

export function describeBit(bit: number): StatusBit {
  return STATUS_BITS[bit >> 3]?.[bit & 7] ?? { text: `bit ${bit}` }
}
