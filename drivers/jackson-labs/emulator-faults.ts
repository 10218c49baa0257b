/** What an emulated instrument can be told to do wrong. */
export const FAULTS = {
  garbage: 'One byte in eight of every answer is replaced by a random one.',
  silence: 'The serial line is dead both ways; the pulses go on.',
  'no-gps': 'The antenna is off: holdover, and lock again once it is back.',
  'deaf-receiver': 'The receiver loses every satellite, and the instrument goes on as if it were locked.',
  'jam-sync': 'Every twenty seconds the pulse has run away, and the instrument steps it back at its threshold.',
  'manual-holdover': 'Somebody tells the instrument to hold over; switched off, to recover.',
  'hardware-fault': 'Health bit 0x400: the oscillator reports a fault.',
  'filter-unlocked': 'Health bit 0x1000: the loop of the phase noise filter is open, as on a recorded unit.',
  jamming: 'Health bit 0x800: the receiver sees jamming and has no fix; holdover.',
  'half-reply': 'Every answer breaks off half way, without its line end and its prompt.',
  'late-reply': 'Every answer comes when the next command is sent.',
  'echo-on': 'Somebody has turned the echo on again.',
  'prompt-off': 'Somebody has turned the prompt off.',
  'trace-on': 'Somebody has turned the servo trace on: a line every second, whatever else is said.',
  'nmea-on': 'Somebody has turned NMEA sentences on, on the same port.',
  'nmea-ahead': 'NMEA sentences on the same port, one second ahead of what the instrument answers.',
  'command-errors': 'Every fourth command is refused with a Command Error, as to one who types too fast.',
  'power-cycle': 'No power as long as it is on, then everything from the beginning.',
  'stuck-second': 'The time that it tells stands still.',
  rollover: 'The date is 1024 weeks early.',
  'missing-pulse': 'Every third pulse is missing.',
  'doubled-pulse': 'Every pulse has a second edge 50 µs later.',
} as const

export type FaultName = keyof typeof FAULTS

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}
