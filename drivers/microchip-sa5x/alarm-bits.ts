/**
 * The bits of the parameter Alarms, as oscillatord's sa5x_oscillator.c names them; only bit 18 was seen to be acted upon.
 * `spoils`: with it the frequency is not to be believed.
 */
export interface AlarmBit {
  readonly bit: number
  readonly code: string
  readonly meaning: string
  readonly spoils: 'always' | 'disciplining' | 'never'
}

const ALARM_BITS: readonly AlarmBit[] = [
  { bit: 0, code: 'sa5x.fpga', meaning: 'its FPGA', spoils: 'always' },
  { bit: 1, code: 'sa5x.pll', meaning: 'its PLL', spoils: 'always' },
  { bit: 2, code: 'sa5x.flash', meaning: 'its flash memory', spoils: 'never' },
  { bit: 3, code: 'sa5x.acquisition', meaning: 'that it could not acquire its atoms', spoils: 'always' },
  { bit: 4, code: 'sa5x.oscillator', meaning: 'that its crystal oscillator is missing', spoils: 'always' },
  { bit: 5, code: 'sa5x.cell-heater', meaning: 'the heater of its cell', spoils: 'always' },
  { bit: 6, code: 'sa5x.firmware', meaning: 'that its firmware does not fit it', spoils: 'always' },
  { bit: 16, code: 'sa5x.temperature', meaning: 'that it is too hot or too cold', spoils: 'never' },
  { bit: 17, code: 'sa5x.no-pps-in', meaning: 'that no pulse comes in', spoils: 'never' },
  {
    bit: 18,
    code: 'sa5x.tuning-range',
    meaning: 'that disciplining has come to the end of its range',
    spoils: 'disciplining',
  },
]

/** A pulse at the input is missed by a unit that is to follow it, and by no other. */
const ONLY_WHILE_DISCIPLINING = 17

/** Those that are raised; a bit that nobody has named is one too. */
export function raisedBits(alarms: number, disciplining: boolean): readonly AlarmBit[] {
  const known = ALARM_BITS.filter(({ bit }) => isSet(alarms, bit))
  const named = ALARM_BITS.reduce((sum, { bit }) => sum + 2 ** bit, 0)
  const unnamed = alarms - known.reduce((sum, { bit }) => sum + 2 ** bit, 0)
  const wanted = known.filter(({ bit }) => disciplining || bit !== ONLY_WHILE_DISCIPLINING)
  if (unnamed === 0) return wanted
  const meaning = `bits that nobody has named: 0x${unnamed.toString(16)} beside 0x${named.toString(16)}`
  return [...wanted, { bit: -1, code: 'sa5x.unnamed-alarm', meaning, spoils: 'always' }]
}

function isSet(bits: number, bit: number): boolean {
  return Math.floor(bits / 2 ** bit) % 2 === 1
}
