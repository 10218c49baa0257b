/** What an emulated unit can be told to do wrong. */
export const FAULTS = {
  garbage: 'One byte in eight of every reply is replaced by a random one.',
  silence: 'The serial line is dead both ways; the pulses go on.',
  'half-reply': 'Every reply breaks off half way, without its line end and its prompt.',
  'late-reply': 'Every reply comes when the next command is sent.',
  'slow-diagnostics': 'Every answer about its health takes three seconds.',
  'echo-toggled': 'Echoes if it did not, and the other way round.',
  'power-cycle':
    'No power as long as it is on, then a warm-up, the clock at zero, another phase, and the light flashing.',
  standby: 'Somebody has put it into standby; afterwards it warms up.',
  'fatal-error': 'A fatal error: the beam tube is off. Afterwards it starts and warms up.',
  warning: 'A warning: the attention light flashes, and there is an entry in the log.',
  'light-flashing': 'The continuous operation light flashes, as after an interruption.',
  'beam-low': 'The beam current is a twentieth of what it was.',
  'pump-high': 'The ion pump draws 80 µA: the vacuum of the tube is bad.',
  'on-battery': 'The mains are out: the unit runs on its battery.',
  'oscillator-at-end': 'The control of its oscillator is at 99 percent.',
  'error-queue-full': 'Somebody has filled the error queue beyond its thirty entries.',
  'few-queries': 'The firmware does not know the id of the tube, the loops and the log.',
  'clock-moved': 'Somebody has set its clock one second ahead.',
  'missing-pulse': 'Every third pulse is missing.',
  'doubled-pulse': 'Every pulse has a second edge 50 µs later.',
} as const

export type FaultName = keyof typeof FAULTS

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}
