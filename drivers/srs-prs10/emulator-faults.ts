/** What an emulated unit can be told to do wrong. */
export const FAULTS = {
  garbage: 'One byte in eight of every reply is replaced by a random one.',
  silence: 'The serial line is dead both ways; the pulses go on.',
  'half-reply': 'Every reply breaks off half way, without its line end.',
  'late-reply': 'Every reply comes when the next command is sent.',
  banner: 'Every seven seconds the unit greets unasked with its identity, as after power-on.',
  'power-cycle': 'No power as long as it is on, then the identity, a warm-up, and another phase of the pulse.',
  xoff: 'The unit has seen an XOFF, as line noise makes one: it says nothing more until an XON comes.',
  verbose: 'Somebody has switched it to verbose replies.',
  'few-queries': 'The firmware does not know DS, PT and AD, and answers nothing to them.',
  'lamp-low': 'The light of the lamp is too low (ST1 bit 4).',
  'heater-out': 'The heater supply is out: lamp and cell get cold, and the lock is lost until they are warm again.',
  'crystal-out': 'The crystal is at the lower end of its control (ST2 bit 1, ST4 bit 3).',
  'watchdog-reset':
    'The watchdog has reset the unit, once: a bit that whoever asks first sees, and nobody after (ST6 bit 1).',
  'no-input-pulse': 'Nothing comes in at the pulse input: no time tags.',
  eeprom: 'The EEPROM cannot be written (ST6 bit 3).',
  'missing-pulse': 'Every third pulse is missing.',
  'doubled-pulse': 'Every pulse has a second edge 50 µs later.',
} as const

export type FaultName = keyof typeof FAULTS

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}
