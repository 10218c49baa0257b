/**
 * The condition registers of the unit, whose bits are the state of now. Their event registers are never read: that clears
 * what the operator's alarm lamp stands for. Source: 58503B guide 097-58503-13 by its figure of the status registers, and
 * github charlieh0tel/smartclockmon, `types.rs`, which names the same bits.
 */

interface HardwareBit {
  readonly bit: number
  readonly alarm: string
  readonly reason: string
}

/** `:STAT:OPER:HARD:COND?`; bit 5 is not used. No recording has one set, so the order of 8 and 9 rests on the figure alone. */
const HARDWARE_BITS: readonly HardwareBit[] = [
  { bit: 0, alarm: 'smartclock.self-test-failed', reason: 'a self test has failed' },
  { bit: 1, alarm: 'smartclock.supply', reason: 'the +15 V supply is out of tolerance' },
  { bit: 2, alarm: 'smartclock.supply', reason: 'the -15 V supply is out of tolerance' },
  { bit: 3, alarm: 'smartclock.supply', reason: 'the +5 V supply is out of tolerance' },
  { bit: 4, alarm: 'smartclock.oven', reason: 'the oven supply is out of tolerance' },
  { bit: 6, alarm: 'smartclock.efc-near-limit', reason: 'the frequency control is near its full scale' },
  { bit: 7, alarm: 'smartclock.efc-limit', reason: 'the frequency control is at full scale: nothing steers any more' },
  { bit: 8, alarm: 'smartclock.gps-1pps-failure', reason: 'the pulse of the GPS engine fails' },
  { bit: 9, alarm: 'smartclock.gps-failure', reason: 'the GPS engine fails' },
  { bit: 10, alarm: 'smartclock.time-interval-failed', reason: 'the time interval measurement fails' },
  { bit: 11, alarm: 'smartclock.memory', reason: 'a write to the settings memory has failed' },
  { bit: 12, alarm: 'smartclock.internal-reference', reason: 'the internal reference fails' },
]

/** Alarm codes with the reasons of all their bits. */
export function hardwareAlarms(condition: number): ReadonlyMap<string, string> {
  const alarms = new Map<string, string>()
  for (const { bit, alarm, reason } of HARDWARE_BITS) {
    if (!hasBit(condition, bit)) continue
    const before = alarms.get(alarm)
    alarms.set(alarm, before === undefined ? reason : `${before}, ${reason}`)
  }
  return alarms
}

/** `:STAT:OPER:COND?` */
export const OPERATION_BITS = {
  powerup: 0,
  locked: 1,
  holdover: 2,
  positionHold: 3,
  gpsValid: 4,
  hardware: 5,
  logAlmostFull: 6,
}

/** `:STAT:OPER:HOLD:COND?` */
export const HOLDOVER_BITS = { holding: 0, waiting: 1, recovering: 2, exceedingThreshold: 3 }

/** `:STAT:OPER:POW:COND?` */
export const POWERUP_BITS = { firstSatellite: 0, ovenWarm: 1, timeValid: 2 }

export function hasBit(condition: number, bit: number): boolean {
  return (condition & (1 << bit)) !== 0
}

export function bitsOf(...states: readonly (readonly [bit: number, isSet: boolean])[]): number {
  return states.reduce((bits, [bit, isSet]) => (isSet ? bits | (1 << bit) : bits), 0)
}
