import type { DriverStatus } from '../driver.ts'
import type { Identity } from './protocol.ts'

/** The six states of a unit (manual, "Instrument States"), and a text that names none of them. */
export type UnitState = 'power-on' | 'warm-up' | 'normal' | 'warning' | 'standby' | 'fatal' | 'unknown'

/** What the unit has said so far; undefined for what it has not. */
export interface Readings {
  readonly identity: Identity | undefined
  readonly state: UnitState | undefined
  /** As `DIAG:STAT:GLOB?` words it. */
  readonly stateText: string | undefined
  readonly standby: boolean | undefined
  readonly supply: 'AC' | 'DC' | 'BATT' | 'LOW' | undefined
  /** Whether it has run without interruption since somebody reset the light: `ON`. `ENA`: the light flashes. */
  readonly continuous: 'OFF' | 'ENA' | 'ON' | undefined
  /** What is beyond its limits, a sentence each, by alarm. */
  readonly complaints: Readonly<Record<string, string>>
  readonly details: Readonly<Record<string, string | number | boolean>>
}

export const NO_READINGS: Readings = {
  identity: undefined,
  state: undefined,
  stateText: undefined,
  standby: undefined,
  supply: undefined,
  continuous: undefined,
  complaints: {},
  details: {},
}

/** "Operating normally" is what units were seen to say; of the other states only the names are known. */
export function stateOf(text: string): UnitState {
  if (/^(?:operating normally|normal operation)\.?$/i.test(text.trim())) return 'normal'
  if (/warm/i.test(text)) return 'warm-up'
  if (/stand-?\s?by/i.test(text)) return 'standby'
  if (/fatal|fail/i.test(text)) return 'fatal'
  if (/power[- ]?on|self[- ]?test/i.test(text)) return 'power-on'
  return /warning|attention/i.test(text) ? 'warning' : 'unknown'
}

const SILENT_REASON = 'no answer for 15 s'

export function isModel5071a(identity: Identity): boolean {
  return identity.model.startsWith('5071A')
}

/** In a warning the unit goes on; in all other states but the normal one its frequency is not that of caesium. */
export function qualityOf({ state, standby, identity }: Readings): DriverStatus['quality'] {
  if (identity !== undefined && !isModel5071a(identity)) return 'unlocked'
  if (state === undefined) return 'unknown'
  return standby !== true && (state === 'normal' || state === 'warning') ? 'locked' : 'unlocked'
}

/** `timeReasons`: what is to be said of its time of day, by alarm. */
export function statusOf(
  readings: Readings,
  silent: boolean,
  timeReasons: Readonly<Record<string, string>>,
): DriverStatus {
  const quality = silent ? 'unknown' : qualityOf(readings)
  const reasons = silent ? { 'hp5071a.silent': SILENT_REASON } : { ...reasonsOf(readings), ...timeReasons }
  const alarms = Object.keys(reasons).sort()
  const { identity } = readings
  const steered = silent ? undefined : readings.details['steeringE15']
  return {
    quality,
    dependsOn: quality === 'locked' ? 'own' : 'unknown',
    alarms,
    ...(alarms.length === 0 ? {} : { reasons }),
    ...(identity === undefined ? {} : { identity: Object.values(identity).join(',') }),
    ...(typeof steered === 'number' ? { steeredE15: steered } : {}),
    details: detailsOf(readings),
  }
}

const STATE_ALARMS: Readonly<Record<UnitState, string | undefined>> = {
  normal: undefined,
  warning: 'hp5071a.warning',
  'power-on': 'hp5071a.warm-up',
  'warm-up': 'hp5071a.warm-up',
  standby: 'hp5071a.standby',
  fatal: 'hp5071a.fatal',
  unknown: 'hp5071a.state',
}

function reasonsOf({ identity, state, stateText, standby, supply, complaints }: Readings): Record<string, string> {
  if (identity !== undefined && !isModel5071a(identity)) {
    return { 'hp5071a.other-instrument': `expected a 5071A, got ${Object.values(identity).join(',')}` }
  }
  const reasons: Record<string, string> = {}
  for (const [alarm, sentence] of Object.entries(complaints)) reasons[`hp5071a.${alarm}`] = sentence
  const alarm = state === undefined ? undefined : STATE_ALARMS[state]
  if (alarm !== undefined) reasons[alarm] = `the unit says "${stateText ?? ''}"`
  if (standby === true) reasons['hp5071a.standby'] = 'PTIM:STAN? says that the unit stands by'
  if (supply === 'BATT') reasons['hp5071a.supply'] = 'the unit runs on its battery'
  if (supply === 'LOW') reasons['hp5071a.supply'] = 'the supply of the unit is low'
  return reasons
}

function detailsOf(readings: Readings): DriverStatus['details'] {
  const { identity, state, supply, continuous, details } = readings
  return {
    ...(identity === undefined ? {} : { model: identity.model, serial: identity.serial, firmware: identity.firmware }),
    ...(state === undefined ? {} : { state }),
    ...(supply === undefined ? {} : { supply }),
    ...(continuous === undefined ? {} : { continuous }),
    ...details,
  }
}
