/**
 * The bits of `SYNC:HEALTH?` (manuals of LC_XO p. 35, Micro-JLT p. 40, LN Rb): all are states of now, none is latched. Which
 * a model has differs: 0x400 and 0x1000 are of those with rubidium or a second oscillator.
 */
const BITS: readonly (readonly [mask: number, alarm: string, reason: string])[] = [
  [0x1, 'jackson-labs.coarse-dac', 'the coarse control of the oscillator is at its upper end'],
  [0x2, 'jackson-labs.coarse-dac', 'the coarse control of the oscillator is at its lower end'],
  [
    0x4,
    'jackson-labs.phase',
    'the pulse is farther from UTC than the instrument allows (250 ns, 210 ns with rubidium)',
  ],
  [0x8, 'jackson-labs.run-time', 'it has been on for less than five minutes'],
  [0x10, 'jackson-labs.holdover-long', 'it has been in holdover for more than a minute'],
  [0x20, 'jackson-labs.frequency', 'the estimate of the frequency error is out of bounds'],
  [0x40, 'jackson-labs.voltage', 'the supply or the control voltage is too high'],
  [0x80, 'jackson-labs.voltage', 'the supply or the control voltage is too low'],
  [0x100, 'jackson-labs.drift', 'the drift over 100 s is more than 100 ns'],
  [0x200, 'jackson-labs.phase-reset', 'its pulse was stepped within the last three minutes'],
  [0x400, 'jackson-labs.hardware', 'the oscillator or its hardware reports a fault'],
  [0x800, 'jackson-labs.jamming', 'the receiver sees jamming and has no fix'],
  [0x1000, 'jackson-labs.filter-unlocked', 'the loop of the phase noise filter is not locked'],
]

export const HEALTH = {
  phase: 0x4,
  runTime: 0x8,
  holdoverLong: 0x10,
  phaseReset: 0x200,
  hardware: 0x400,
  jamming: 0x800,
  filterUnlocked: 0x1000,
}

export function healthAlarms(health: number): ReadonlyMap<string, string> {
  const alarms = new Map<string, string>()
  for (const [mask, alarm, reason] of BITS) if ((health & mask) !== 0) alarms.set(alarm, reason)
  const known = BITS.reduce((all, [mask]) => all | mask, 0)
  const unknown = health & ~known
  if (unknown !== 0) alarms.set('jackson-labs.health', `bits that nobody has named: 0x${(unknown >>> 0).toString(16)}`)
  return alarms
}
