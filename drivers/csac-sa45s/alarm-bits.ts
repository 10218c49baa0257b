/** Table 8 of the user guide. `spoils`: with it the frequency is not to be believed. */
export interface AlarmBit {
  readonly mask: number
  readonly code: string
  readonly meaning: string
  readonly spoils: boolean
}

const ALARM_BITS: readonly AlarmBit[] = [
  { mask: 0x0001, code: 'csac.contrast-low', meaning: 'signal contrast low (below 1000)', spoils: true },
  { mask: 0x0002, code: 'csac.synthesizer-limit', meaning: 'synthesizer tuning at its limit', spoils: true },
  { mask: 0x0004, code: 'csac.temperature-bridge', meaning: 'temperature bridge unbalanced (±20 mV)', spoils: true },
  { mask: 0x0010, code: 'csac.light-low', meaning: 'DC light level low', spoils: true },
  { mask: 0x0020, code: 'csac.light-high', meaning: 'DC light level high', spoils: true },
  {
    mask: 0x0040,
    code: 'csac.heater-low',
    meaning: 'heater voltage low (below 30 mV): it is too hot around it',
    spoils: true,
  },
  {
    mask: 0x0080,
    code: 'csac.heater-high',
    meaning: 'heater voltage high (above 2.48 V): too cold around it',
    spoils: true,
  },
  { mask: 0x0100, code: 'csac.microwave-low', meaning: 'microwave power control low', spoils: true },
  { mask: 0x0200, code: 'csac.microwave-high', meaning: 'microwave power control high', spoils: true },
  { mask: 0x0400, code: 'csac.tcxo-low', meaning: 'TCXO control voltage low (below 0.1 V)', spoils: true },
  { mask: 0x0800, code: 'csac.tcxo-high', meaning: 'TCXO control voltage high (above 2.4 V)', spoils: true },
  { mask: 0x1000, code: 'csac.laser-low', meaning: 'laser current low (below 0.5 mA)', spoils: true },
  { mask: 0x2000, code: 'csac.laser-high', meaning: 'laser current high (above 2.3 mA)', spoils: true },
  { mask: 0x4000, code: 'csac.firmware', meaning: 'stack overflow in its firmware', spoils: true },
]

const NAMED = ALARM_BITS.reduce((sum, { mask }) => sum | mask, 0)

/** Those that are raised; a bit that nobody has named is one too. */
export function raisedBits(alarms: number): readonly AlarmBit[] {
  const raised = ALARM_BITS.filter(({ mask }) => (alarms & mask) !== 0)
  const unnamed = alarms & ~NAMED
  if (unnamed === 0) return raised
  const meaning = `bits that the user guide does not name: 0x${unnamed.toString(16)}`
  return [...raised, { mask: unnamed, code: 'csac.unnamed-alarm', meaning, spoils: true }]
}
