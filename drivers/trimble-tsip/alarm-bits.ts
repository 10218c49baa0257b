/**
 * What the bits and numbers of 8F-AC stand for, as alarms. ThunderBolt E guide p. 80 to 82; the critical bits that only the
 * older ThunderBolt has are from memory of its manual. gpsd's driver has power and FPGA the other way round.
 */
interface NamedBit {
  readonly bit: number
  readonly alarm: string
  readonly reason: string
}

const CRITICAL: readonly NamedBit[] = [
  { bit: 0, alarm: 'tsip.rom', reason: 'Critical alarm bit 0: the checksum of the program memory is wrong.' },
  { bit: 1, alarm: 'tsip.ram', reason: 'Critical alarm bit 1: the memory test has failed.' },
  { bit: 2, alarm: 'tsip.power-supply', reason: 'Critical alarm bit 2: the power supply has failed.' },
  { bit: 3, alarm: 'tsip.fpga', reason: 'Critical alarm bit 3: the test of the FPGA has failed.' },
  { bit: 4, alarm: 'tsip.oscillator-rail', reason: 'Critical alarm bit 4: the oscillator cannot be steered further.' },
]

export const MINOR_BIT = {
  oscillatorNearRail: 0,
  antennaOpen: 1,
  antennaShorted: 2,
  notTracking: 3,
  notDisciplining: 4,
  survey: 5,
  noStoredPosition: 6,
  leapPending: 7,
  testMode: 8,
  positionQuestionable: 9,
  eeprom: 10,
  almanacIncomplete: 11,
  pulseNotGenerated: 12,
} as const

const MINOR: readonly NamedBit[] = [
  {
    bit: 0,
    alarm: 'tsip.oscillator-near-rail',
    reason: 'Minor alarm bit 0: the oscillator is near the end of its range.',
  },
  { bit: 1, alarm: 'tsip.antenna-open', reason: 'Minor alarm bit 1: no current flows to the antenna.' },
  { bit: 2, alarm: 'tsip.antenna-shorted', reason: 'Minor alarm bit 2: the antenna line is shorted.' },
  { bit: 3, alarm: 'tsip.not-tracking', reason: 'Minor alarm bit 3: no satellite is tracked.' },
  { bit: 4, alarm: 'tsip.not-disciplining', reason: 'Minor alarm bit 4: nothing steers the oscillator.' },
  { bit: 5, alarm: 'tsip.survey', reason: 'Minor alarm bit 5: the receiver is finding out where its antenna is.' },
  { bit: 6, alarm: 'tsip.no-stored-position', reason: 'Minor alarm bit 6: after a restart the position is unknown.' },
  { bit: 8, alarm: 'tsip.test-mode', reason: 'Minor alarm bit 8: time or UTC parameters are set by a host.' },
  { bit: 9, alarm: 'tsip.position-questionable', reason: 'Minor alarm bit 9: the antenna may have been moved.' },
  { bit: 10, alarm: 'tsip.eeprom', reason: 'Minor alarm bit 10: settings were lost and are those of the factory.' },
  { bit: 11, alarm: 'tsip.almanac-incomplete', reason: 'Minor alarm bit 11: the almanac is not complete.' },
  { bit: 12, alarm: 'tsip.no-pulse', reason: 'Minor alarm bit 12: the pulse is switched off.' },
]

/** Alarms by their code, each with a sentence on what was seen. Bits without a name have the alarm `tsip.unknown-bit`. */
export function alarmsOfBits(critical: number, minor: number): ReadonlyMap<string, string> {
  const alarms = new Map<string, string>()
  const unknown: string[] = []
  const note = (kind: string, bits: number, names: readonly NamedBit[], quiet: readonly number[]): void => {
    for (let bit = 0; bit < 16; bit++) {
      if (!hasBit(bits, bit) || quiet.includes(bit)) continue
      const named = names.find((candidate) => candidate.bit === bit)
      if (named === undefined) unknown.push(`${kind} ${bit}`)
      else alarms.set(named.alarm, named.reason)
    }
  }
  note('critical', critical, CRITICAL, [])
  // A leap second to come is news, and nothing wrong.
  note('minor', minor, MINOR, [MINOR_BIT.leapPending])
  if (unknown.length > 0) alarms.set('tsip.unknown-bit', `Alarm bits without a known meaning: ${unknown.join(', ')}.`)
  return alarms
}

export function hasBit(bits: number, bit: number): boolean {
  return (bits & (1 << bit)) !== 0
}

/** 8F-AC byte 12. 187 is how receivers in overdetermined mode say it in packet 46. */
export const DECODING_STATUS: Readonly<Record<number, string>> = {
  0: 'doing fixes',
  1: 'no GPS time',
  2: 'needs initialization',
  3: 'PDOP too high',
  8: 'no usable satellite',
  9: 'one usable satellite',
  10: 'two usable satellites',
  11: 'three usable satellites',
  12: 'chosen satellite unusable',
  16: 'TRAIM rejected the fix',
  187: 'overdetermined time fix',
}

/** 8F-AC byte 1. */
export const RECEIVER_MODE: Readonly<Record<number, string>> = {
  0: 'automatic',
  1: 'single satellite',
  3: 'horizontal',
  4: 'full position',
  5: 'DGPS reference',
  6: 'clock hold',
  7: 'overdetermined clock',
}

/** 8F-AC byte 2; reserved and 0 in receivers that discipline nothing. */
export const DISCIPLINING_MODE: Readonly<Record<number, string>> = {
  0: 'normal',
  1: 'power-up',
  2: 'automatic holdover',
  3: 'manual holdover',
  4: 'recovery',
  5: 'fast recovery',
  6: 'disabled',
}

/** 8F-AC byte 13. */
export const DISCIPLINING_ACTIVITY: Readonly<Record<number, string>> = {
  0: 'phase locking',
  1: 'oscillator warm-up',
  2: 'frequency locking',
  3: 'placing the pulse',
  4: 'initializing the loop filter',
  5: 'compensating the oscillator',
  6: 'inactive',
  8: 'recovery',
  9: 'calibrating the control voltage',
}
