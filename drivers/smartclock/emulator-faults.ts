/** What an emulated unit can be told to do wrong. */
export const FAULTS = {
  garbage: 'One byte in eight of every reply is replaced by a random one.',
  silence: 'The serial line is dead both ways; the pulses go on.',
  'no-gps': 'The antenna is off: holdover, and recovery once it is back.',
  'deaf-receiver': 'The receiver loses every satellite, and the unit goes on as if it were locked.',
  'manual-holdover': 'Somebody tells the unit to hold over; switched off, to recover.',
  'efc-at-limit': 'The oscillator has aged to the end of its control: hardware bits 6 and 7.',
  'oven-supply': 'The supply of the oven is out of tolerance: hardware bit 4.',
  'gps-pulse-failure': 'The hardware register tells that the pulse of the GPS engine fails: bit 8.',
  'half-reply': 'Every reply breaks off half way, without its line end and its prompt.',
  'late-reply': 'Every reply comes when the next command is sent.',
  'echo-toggled': 'Echoes if it did not, and the other way round.',
  banner: 'Every seven seconds the unit greets unasked: identity and prompt.',
  'power-cycle': 'No power as long as it is on, then the power-up sequence, whose first command gets a bare prompt.',
  'framing-error': 'Every fourth command is lost and queues -362.',
  'stuck-second': 'The time code names the same second again and again.',
  'wrong-checksum': 'The time code carries a wrong checksum.',
  rollover: 'Dates are 1024 weeks early, as those of real units have been since 2019-04-07.',
  'local-time': 'The unit tells local time, one hour ahead of UTC, and says so in :PTIM:TZON?.',
  'missing-pulse': 'Every third pulse is missing.',
  'doubled-pulse': 'Every pulse has a second edge 50 µs later.',
  'error-queue-full': 'Somebody has filled the error queue beyond its thirty entries.',
} as const

export type FaultName = keyof typeof FAULTS

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}
