/** What an emulated serial line can be told to do wrong, whatever instrument hangs on it. */
export const LINE_FAULTS = {
  'line-garbage': 'Random bytes come between those of the instrument, and in the middle of what it says.',
  'line-flood': 'Random bytes come without a pause, as fast as the line carries them.',
  'line-silence': 'Nothing passes in either direction; the pulses go on.',
  'line-half-message': 'Whatever the instrument says breaks off half way, its end lost.',
  'line-endless-message': 'A message breaks off in the middle and goes on for ever with the same character.',
  'line-wrong-baud': 'The instrument has changed to another speed, and the host has not.',
  'line-wrong-parity': 'The instrument has changed to another parity and word length, and the host has not.',
  'line-echo': 'Whatever the host sends comes back to it.',
  'line-banner': 'Every seven seconds comes a greeting that nobody asked for.',
  'line-power-cycle': 'The instrument has no power; switched off, it starts afresh.',
  'line-resets': 'Every eleven seconds the instrument starts afresh, whatever it is in the middle of.',
  'line-unplugged': 'Neither bytes nor pulses.',
  'line-swapped': 'Another instrument hangs on the line.',
  'line-late-reply': 'What the instrument replies arrives with the next question of the host.',
  'line-missing-pulse': 'Every third pulse is missing.',
  'line-doubled-pulse': 'Every pulse has a second edge 50 µs later.',
} as const

export type LineFault = keyof typeof LINE_FAULTS

export function isLineFault(name: string): name is LineFault {
  return Object.hasOwn(LINE_FAULTS, name)
}
