import { HOLDOVER_BITS, hardwareAlarms, hasBit } from './condition-registers.ts'
import { isSmartclock, type SyncState } from './protocol.ts'
import { DEAF_READINGS, type Readings } from './readings.ts'

/** Alarm codes, each with a sentence on what was seen where the code alone does not say it. */
export type Alarms = ReadonlyMap<string, string | undefined>

const ALARM_BY_STATE: Readonly<Record<SyncState, string | undefined>> = {
  LOCK: undefined,
  HOLD: 'smartclock.holdover',
  WAIT: 'smartclock.holdover',
  REC: 'smartclock.recovery',
  POW: 'smartclock.powerup',
  OFF: 'smartclock.off',
  OTH: 'smartclock.off',
  DIAG: 'smartclock.self-test',
}

/** In lock an undisturbed unit shows TFOM 3, an error of 100 ns to 1 µs. */
const TFOM_IN_LOCK_MAX = 3
/** Where an ageing oscillator will soon be beyond its control, whatever the unit's own bit says. */
const EFC_PERCENT_MAX = 95

/** The alarm lamp is not among them: it stays lit for what has been, until somebody at the unit puts it out. */
export function alarmsOf(readings: Readings): Alarms {
  const alarms = new Map<string, string | undefined>()
  const { identity, state, zone, weekRollover, scalars } = readings
  const byState = state === undefined ? undefined : ALARM_BY_STATE[state]
  if (byState !== undefined) alarms.set(byState, reasonOfState(readings))
  if (state === 'LOCK' && isReduced(readings)) alarms.set('smartclock.reduced-accuracy', reasonOfMerits(readings))
  if (readings.timeInvalid) alarms.set('smartclock.time-invalid', undefined)
  if (zone === 'other') alarms.set('smartclock.time-zone', undefined)
  if (weekRollover === 'reported') alarms.set('smartclock.week-rollover', undefined)
  if (weekRollover === 'repaired') alarms.set('smartclock.week-rollover-repaired', undefined)
  if (identity !== undefined && !isSmartclock(identity)) alarms.set('smartclock.other-instrument', undefined)
  if (readings.deafReadings >= DEAF_READINGS) alarms.set('smartclock.no-satellites', reasonOfDeafness(readings))
  addHealth(alarms, readings)
  if (scalars.holdoverThresholdExceeded === true || exceedsThreshold(readings)) {
    alarms.set(
      'smartclock.holdover-too-long',
      `longer than ${scalars.holdoverThresholdSeconds ?? 'the threshold of'} s`,
    )
  }
  if (readings.antennaDelayRefused !== undefined) {
    const { wantedNs, gotNs } = readings.antennaDelayRefused
    alarms.set('smartclock.antenna-delay', `told ${wantedNs} ns, the unit says ${gotNs ?? 'nothing'} ns`)
  }
  return alarms
}

function isReduced({ ffom, tfom }: Readings): boolean {
  return (ffom ?? 0) > 0 || (tfom ?? 0) > TFOM_IN_LOCK_MAX
}

function reasonOfMerits({ tfom, ffom }: Readings): string {
  return `TFOM ${tfom ?? 'unknown'}, FFOM ${ffom ?? 'unknown'}`
}

const WAITED_FOR = {
  NONE: undefined,
  GPS: 'the unit waits for GPS',
  LIM: 'the time interval to GPS exceeds the limit',
  HARD: 'the unit waits for its hardware',
} as const

function reasonOfState({ state, scalars, screen }: Readings): string | undefined {
  if (state !== 'HOLD' && state !== 'WAIT') return undefined
  const waited = scalars.holdoverWaitsFor === undefined ? undefined : WAITED_FOR[scalars.holdoverWaitsFor]
  if (waited !== undefined) return waited
  return screen?.mode === 'Holdover' ? screen.modeDetail : undefined
}

function reasonOfDeafness({ scalars }: Readings): string {
  return `the unit calls itself locked with ${scalars.satellitesTracked ?? 'unknown'} satellites tracked and its GPS pulse ${scalars.gpsPulseValid === false ? 'invalid' : 'valid'}`
}

function exceedsThreshold({ scalars }: Readings): boolean {
  return hasBit(scalars.holdoverCondition ?? 0, HOLDOVER_BITS.exceedingThreshold)
}

function addHealth(alarms: Map<string, string | undefined>, { scalars, screen }: Readings): void {
  for (const [code, reason] of hardwareAlarms(scalars.hardwareCondition ?? 0)) alarms.set(code, reason)
  const efc = scalars.efcPercent
  if (efc !== undefined && Math.abs(efc) >= EFC_PERCENT_MAX && !alarms.has('smartclock.efc-limit')) {
    alarms.set('smartclock.efc-near-limit', `the frequency control is at ${efc.toFixed(1)} % of its range`)
  }
  // The screen is read seldom: it adds what the registers do not have, and never stands against them.
  const failed = Object.entries(screen?.tests ?? {}).filter(([, state]) => state === 'Err')
  if (scalars.hardwareCondition === undefined && failed.length > 0) {
    alarms.set('smartclock.health', `the screen shows ${failed.map(([name]) => name).join(', ')}: Err`)
  }
}
