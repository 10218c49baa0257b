import { NS_PER_SECOND } from '../../src/core/time.ts'

/** What is asked of a unit, how often, and the form of the answer. */
export interface Parameter {
  readonly body: string
  readonly periodNs: bigint
  readonly form: RegExp
}

const FLAG = /^[01]$/
const INTEGER = /^-?\d{1,10}$/
const REAL = /^-?\d{1,10}(?:\.\d{1,9})?(?:[eE][+-]?\d{1,3})?$/
const OFTEN_NS = NS_PER_SECOND
const SELDOM_NS = 10n * NS_PER_SECOND
const ONCE_NS = 600n * NS_PER_SECOND

/** Alarms are written in decimal by the units that were read with `%d`; the other form costs nothing. */
const BITS = /^(?:\d{1,10}|0x[0-9A-Fa-f]{1,8})$/

export const PARAMETERS = {
  serial: { body: 'serial?', periodNs: ONCE_NS, form: /^[ -~]{1,32}$/ },
  locked: { body: 'get,Locked', periodNs: OFTEN_NS, form: FLAG },
  alarms: { body: 'get,Alarms', periodNs: OFTEN_NS, form: BITS },
  disciplining: { body: 'get,Disciplining', periodNs: OFTEN_NS, form: FLAG },
  disciplineLocked: { body: 'get,DisciplineLocked', periodNs: OFTEN_NS, form: FLAG },
  ppsInDetected: { body: 'get,PpsInDetected', periodNs: OFTEN_NS, form: FLAG },
  lockProgress: { body: 'get,LockProgress', periodNs: SELDOM_NS, form: /^\d{1,3}$/ },
  phaseNs: { body: 'get,Phase', periodNs: SELDOM_NS, form: REAL },
  lastCorrectionE15: { body: 'get,LastCorrection', periodNs: SELDOM_NS, form: INTEGER },
  tauSeconds: { body: 'get,TauPps0', periodNs: SELDOM_NS, form: INTEGER },
  temperatureMilliC: { body: 'get,Temperature', periodNs: SELDOM_NS, form: INTEGER },
  digitalTuningE15: { body: 'get,DigitalTuning', periodNs: SELDOM_NS, form: INTEGER },
  analogTuningEnabled: { body: 'get,AnalogTuningEnabled', periodNs: SELDOM_NS, form: FLAG },
} as const satisfies Readonly<Record<string, Parameter>>

export type ParameterName = keyof typeof PARAMETERS

export const PARAMETER_NAMES = Object.keys(PARAMETERS) as ParameterName[]

/** `\` throws away what the unit's parser may be in the middle of. */
export const PROBE_SEQUENCE = 0xff
export const PROBE_BODY = 'swrev?'

/** The widest that DigitalTuning takes: 2e-8 (DIGITAL_TUNING_MAX in oscillatord's sa5x_oscillator.c). */
export const TUNING_LIMIT_E15 = 20_000_000n
