import type { SampleQuality } from '../../src/core/sample.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { DriverStatus } from '../driver.ts'
import { type Ptnta, QUALITY_BY_STATE, type SpectratimeState } from '../nmea/spectratime-ptnta.ts'
import type { Monitor } from './protocol.ts'

/** What the unit has said so far; undefined for what it has not. */
export interface Readings {
  identity: string | undefined
  state: { readonly value: SpectratimeState; readonly at: MonoNs } | undefined
  beat: { readonly value: Ptnta; readonly at: MonoNs } | undefined
  monitor: Monitor | undefined
  isTracking: boolean | undefined
  frequencySteps: number | undefined
  details: Readonly<Record<string, string | number | boolean>>
}

export function noReadings(): Readings {
  return {
    identity: undefined,
    state: undefined,
    beat: undefined,
    monitor: undefined,
    isTracking: undefined,
    frequencySteps: undefined,
    details: {},
  }
}

/** A beat comes every second, the state is asked every second. */
const BELIEVED_NS = 5n * NS_PER_SECOND

/** The state that the unit told last, by whichever way. */
export function stateOf({ state, beat }: Readings, now: MonoNs): SpectratimeState | undefined {
  const asked = state !== undefined && between(state.at, now) <= BELIEVED_NS ? state : undefined
  const told = beat !== undefined && between(beat.at, now) <= BELIEVED_NS ? beat : undefined
  if (asked === undefined || told === undefined) return asked?.value ?? told?.value.state
  return told.at > asked.at ? told.value.state : asked.value
}

/** A clock that was never heard locked runs free, but holds nothing over. */
export function qualityOf(readings: Readings, now: MonoNs, wasLocked: boolean): SampleQuality | 'unknown' {
  const state = stateOf(readings, now)
  if (state === undefined) return 'unknown'
  const quality = QUALITY_BY_STATE[state]
  return quality === 'holdover' && !wasLocked ? 'unlocked' : quality
}

/** Our own choice: what lies nearer to the end of its range than this is worth a look before it gets there. */
const RAIL_V = 0.25
const FULL_V = 5
const HEATER_PERCENT_MAX = 97
const LINE_SIGNAL_V_MIN = 0.2

const DEPENDS_ON = { locked: 'sky', holdover: 'own', unlocked: 'unknown', unknown: 'unknown' } as const

/** `timeAlarms`: what the clock reader and the configuration have against its time. */
export function statusOf(
  readings: Readings,
  silent: boolean,
  now: MonoNs,
  wasLocked: boolean,
  timeAlarms: ReadonlyMap<string, string>,
): DriverStatus {
  const quality = qualityOf(readings, now, wasLocked)
  const state = stateOf(readings, now)
  const alarms = new Map([
    ...(silent ? [['spectratime.silent', 'expected an answer within 10 s, got none'] as const] : []),
    ...stateAlarms(state, quality),
    ...monitorAlarms(readings.monitor, quality),
    ...timeAlarms,
  ])
  const { identity, beat } = readings
  return {
    quality,
    dependsOn: DEPENDS_ON[quality],
    alarms: [...alarms.keys()],
    ...(alarms.size === 0 ? {} : { reasons: Object.fromEntries(alarms) }),
    ...(identity === undefined ? {} : { identity }),
    details: {
      ...readings.details,
      ...readings.monitor,
      ...(state === undefined ? {} : { state }),
      ...(readings.frequencySteps === undefined ? {} : { frequencySteps: readings.frequencySteps }),
      ...(beat?.value.dateFrom === undefined ? {} : { dateFrom: beat.value.dateFrom }),
      ...(beat?.value.intervalNs === undefined ? {} : { referenceMinusOutputNs: beat.value.intervalNs }),
    },
  }
}

function stateAlarms(state: SpectratimeState | undefined, quality: SampleQuality | 'unknown'): [string, string][] {
  if (state === undefined || quality === 'locked' || quality === 'unknown') return []
  return [[`spectratime.${quality}`, `expected a clock that tracks its reference, got ${state}`]]
}

function monitorAlarms(monitor: Monitor | undefined, quality: SampleQuality | 'unknown'): [string, string][] {
  // While it warms up, everything is at the end of its range.
  if (monitor === undefined || quality === 'unlocked' || quality === 'unknown') return []
  const { photocellV, varactorV, heaterPercent, lampHeaterPercent, lineSignalV } = monitor
  const alarms: [string, string][] = []
  if (isAtRail(photocellV)) alarms.push(['spectratime.lamp', `expected light on the photocell, got ${photocellV} V`])
  if (lineSignalV < LINE_SIGNAL_V_MIN) {
    alarms.push([
      'spectratime.line-signal',
      `expected at least ${LINE_SIGNAL_V_MIN} V of the line, got ${lineSignalV} V`,
    ])
  }
  if (isAtRail(varactorV)) {
    alarms.push(['spectratime.varactor', `expected the crystal's control within its range, got ${varactorV} V`])
  }
  if (Math.max(heaterPercent, lampHeaterPercent) > HEATER_PERCENT_MAX) {
    const reason = `expected heaters below ${HEATER_PERCENT_MAX} % of their current, got ${heaterPercent} % and ${lampHeaterPercent} %`
    alarms.push(['spectratime.heater', reason])
  }
  return alarms
}

function isAtRail(v: number): boolean {
  return v < RAIL_V || v > FULL_V - RAIL_V
}
