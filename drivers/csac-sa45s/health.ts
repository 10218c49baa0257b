import type { SampleQuality } from '../../src/core/sample.ts'
import type { DriverStatus } from '../driver.ts'
import { raisedBits } from './alarm-bits.ts'
import type { FieldName } from './protocol.ts'

/** What the unit has said so far. */
export interface Readings {
  headers: readonly string[] | undefined
  values: ReadonlyMap<FieldName, string>
  /** The answer to `!F?`, 1e-12. */
  steerE12: number | undefined
  /** It has followed its input since it is known: what it keeps now, it was given. */
  hasFollowed: boolean
}

export function noReadings(): Readings {
  return { headers: undefined, values: new Map(), steerE12: undefined, hasFollowed: false }
}

/** Table 7 of the user guide: the ladder from cold to locked. */
const STAGES: readonly string[] = [
  'locked',
  'microwave frequency steering',
  'microwave frequency stabilization',
  'microwave frequency acquisition',
  'laser power acquisition',
  'laser current acquisition',
  'microwave power acquisition',
  'heater equilibration',
  'initial warm-up',
  'asleep (ultra-low power)',
]

/** Table 9: bits of the mode register. */
const MODE_BITS: readonly (readonly [number, string])[] = [
  [0x0001, 'analog tuning'],
  [0x0004, '1 PPS phase measurement'],
  [0x0008, '1 PPS auto-sync'],
  [0x0010, 'discipline'],
  [0x0020, 'ultra-low power'],
  [0x0040, 'checksum required'],
]

export const MODE_DISCIPLINE = 0x0010
const MODE_AUTO_SYNC = 0x0008
const MODE_ULTRA_LOW_POWER = 0x0020

export function mode(readings: Readings): number | undefined {
  const text = readings.values.get('Mode')
  return text === undefined ? undefined : Number(text)
}

export function statusOf(readings: Readings, silent: boolean): DriverStatus {
  const { values, steerE12 } = readings
  const alarms = silent ? new Map([['csac.silent', 'it does not answer']]) : alarmsOf(readings)
  const serial = values.get('SN')
  const version = values.get('Ver')
  const steeredE15 = silent || steerE12 === undefined ? undefined : steerE12 * 1_000
  const celsius = values.get('Temp')
  return {
    ...(silent ? UNKNOWN : judge(readings)),
    alarms: [...alarms.keys()],
    ...(alarms.size === 0 ? {} : { reasons: Object.fromEntries(alarms) }),
    ...(serial === undefined ? {} : { identity: ['SA.45s CSAC', serial, version].filter(Boolean).join(' ') }),
    ...(steeredE15 === undefined ? {} : { steeredE15 }),
    ...(silent || celsius === undefined ? {} : { celsius: Number(celsius) }),
    details: detailsOf(readings),
  }
}

interface Judged {
  readonly quality: SampleQuality | 'unknown'
  readonly dependsOn: DriverStatus['dependsOn']
}

const UNKNOWN: Judged = { quality: 'unknown', dependsOn: 'unknown' }
const UNLOCKED: Judged = { quality: 'unlocked', dependsOn: 'unknown' }

/** DiscOK: 0 acquiring, 1 locked, 2 holdover (table 6). A unit that is still pulled to its input is `unlocked`. */
function judge(readings: Readings): Judged {
  const { values, hasFollowed } = readings
  const [status, alarm, modes] = [values.get('Status'), values.get('Alarm'), mode(readings)]
  if (status === undefined || alarm === undefined || modes === undefined) return UNKNOWN
  if (status !== '0' || raisedBits(Number(alarm)).some(({ spoils }) => spoils)) return UNLOCKED
  // It sleeps by and by, and its crystal is free as long as it does.
  if ((modes & MODE_ULTRA_LOW_POWER) !== 0) return UNLOCKED
  if ((modes & MODE_DISCIPLINE) === 0) return { quality: 'locked', dependsOn: 'own' }
  switch (values.get('DiscOK')) {
    case '1':
      return { quality: 'locked', dependsOn: 'sky' }
    case '2':
      return hasFollowed ? { quality: 'holdover', dependsOn: 'own' } : UNLOCKED
    case '0':
      return UNLOCKED
    default:
      return UNKNOWN
  }
}

/** By code, with what was seen. */
function alarmsOf(readings: Readings): ReadonlyMap<string, string> {
  const { values } = readings
  const alarms = new Map<string, string>()
  const [status, alarm, modes] = [values.get('Status'), values.get('Alarm'), mode(readings) ?? 0]
  if (status !== undefined && status !== '0') {
    alarms.set(
      'csac.not-locked',
      `Status ${status}: ${STAGES[Number(status)] ?? 'a stage that the guide does not name'}`,
    )
  }
  for (const { code, meaning } of raisedBits(Number(alarm ?? 0))) alarms.set(code, `Alarm ${alarm}: ${meaning}`)
  if ((modes & MODE_ULTRA_LOW_POWER) !== 0) alarms.set('csac.ultra-low-power', 'Mode bit 0x0020: it sleeps by and by')
  if ((modes & MODE_AUTO_SYNC) !== 0) alarms.set('csac.auto-sync', 'Mode bit 0x0008: its pulse jumps to its input')
  if ((modes & MODE_DISCIPLINE) === 0) return alarms
  if (values.get('Phase') === 'NEEDREFPPS' || values.get('DiscOK') === '2') {
    alarms.set('csac.no-pps-in', 'it is to follow its input, and no pulse comes in')
  } else if (values.get('DiscOK') === '0') {
    alarms.set('csac.discipline-acquiring', `DiscOK 0, Phase ${values.get('Phase') ?? 'not known'} ns`)
  }
  return alarms
}

const SHOWN: Readonly<Partial<Record<FieldName, string>>> = {
  Contrast: 'contrast',
  LaserI: 'laserMilliAmpere',
  TCXO: 'tcxoVolt',
  HeatP: 'heaterMilliWatt',
  Sig: 'signalVolt',
  Temp: 'temperatureC',
  Steer: 'steerE12',
  ATune: 'analogTuningVolt',
  Phase: 'phaseNs',
  DiscOK: 'disciplineState',
  // Seconds since power on until somebody sets it: a counter, not a time of day.
  TOD: 'secondsCounter',
  LTime: 'lockedSeconds',
}

function detailsOf(readings: Readings): DriverStatus['details'] {
  const { values } = readings
  const details: Record<string, string | number | boolean> = {}
  for (const [name, key] of [
    ['SN', 'serial'],
    ['Ver', 'firmware'],
  ] as const) {
    const value = values.get(name)
    if (value !== undefined) details[key] = value
  }
  const status = values.get('Status')
  if (status !== undefined) details['stage'] = STAGES[Number(status)] ?? status
  const modes = mode(readings)
  if (modes !== undefined) {
    details['mode'] = `0x${modes.toString(16).padStart(4, '0')}`
    const named = MODE_BITS.filter(([bit]) => (modes & bit) !== 0).map(([, name]) => name)
    if (named.length > 0) details['modes'] = named.join(', ')
  }
  for (const [name, key] of Object.entries(SHOWN)) {
    const value = values.get(name as FieldName)
    if (value !== undefined && /^-?\d/.test(value)) details[key] = Number(value)
  }
  return details
}
