import type { SampleQuality } from '../../src/core/sample.ts'
import type { DriverStatus } from '../driver.ts'
import { type AlarmBit, raisedBits } from './alarm-bits.ts'
import type { ParameterName } from './parameters.ts'

/** What the unit has said so far; what it has not, or will not, is missing. */
export interface Readings {
  firmware: string | undefined
  serial: string | undefined
  readonly numbers: Map<ParameterName, number>
  /** It has followed its input since it is known: what it keeps now, it was given. */
  hasFollowed: boolean
}

export function noReadings(): Readings {
  return { firmware: undefined, serial: undefined, numbers: new Map(), hasFollowed: false }
}

/**
 * `locked`: on its atoms, and either left alone or following its input. While it is still pulled to its input its frequency
 * is nobody's, so that is `unlocked`.
 */
export function statusOf(readings: Readings, silent: boolean): DriverStatus {
  const { firmware, serial, numbers } = readings
  const judged = silent ? { quality: 'unknown' as const, dependsOn: 'unknown' as const } : judge(readings)
  const alarms = silent ? new Map([['sa5x.silent', 'it does not answer']]) : alarmsOf(readings)
  const steeredE15 = silent ? undefined : numbers.get('digitalTuningE15')
  const milliC = silent ? undefined : numbers.get('temperatureMilliC')
  return {
    ...judged,
    alarms: [...alarms.keys()],
    ...(alarms.size === 0 ? {} : { reasons: Object.fromEntries(alarms) }),
    ...(firmware === undefined ? {} : { identity: ['Microchip SA5x', serial, firmware].filter(Boolean).join(' ') }),
    ...(steeredE15 === undefined ? {} : { steeredE15 }),
    ...(milliC === undefined ? {} : { celsius: milliC / 1_000 }),
    details: detailsOf(readings),
  }
}

interface Judged {
  readonly quality: SampleQuality | 'unknown'
  readonly dependsOn: DriverStatus['dependsOn']
}

function judge(readings: Readings): Judged {
  const { numbers, hasFollowed } = readings
  const [locked, alarms, disciplining] = [numbers.get('locked'), numbers.get('alarms'), numbers.get('disciplining')]
  if (locked === undefined || alarms === undefined || disciplining === undefined) return UNKNOWN
  if (locked === 0 || bitsOf(readings).some((bit) => spoils(bit, disciplining === 1))) return UNLOCKED
  if (disciplining === 0) return { quality: 'locked', dependsOn: 'own' }
  const [input, follows] = [numbers.get('ppsInDetected'), numbers.get('disciplineLocked')]
  if (input === undefined || follows === undefined) return UNKNOWN
  if (input === 1 && follows === 1) return { quality: 'locked', dependsOn: 'sky' }
  return input === 0 && hasFollowed ? { quality: 'holdover', dependsOn: 'own' } : UNLOCKED
}

const UNKNOWN: Judged = { quality: 'unknown', dependsOn: 'unknown' }
const UNLOCKED: Judged = { quality: 'unlocked', dependsOn: 'unknown' }

function spoils(bit: AlarmBit, disciplining: boolean): boolean {
  return bit.spoils === 'always' || (bit.spoils === 'disciplining' && disciplining)
}

function bitsOf({ numbers }: Readings): readonly AlarmBit[] {
  return raisedBits(numbers.get('alarms') ?? 0, numbers.get('disciplining') === 1)
}

/** By code, with what was seen. */
function alarmsOf(readings: Readings): ReadonlyMap<string, string> {
  const { numbers } = readings
  const alarms = new Map<string, string>()
  const add = (code: string, reason: string): void => {
    if (!alarms.has(code)) alarms.set(code, reason)
  }
  if (numbers.get('locked') === 0) {
    const progress = numbers.get('lockProgress')
    add('sa5x.not-locked', `Locked is 0${progress === undefined ? '' : `, LockProgress ${progress} %`}`)
  }
  if (numbers.get('disciplining') === 1) {
    if (numbers.get('ppsInDetected') === 0) add('sa5x.no-pps-in', 'it is to follow its input, and PpsInDetected is 0')
    else if (numbers.get('disciplineLocked') === 0) {
      add('sa5x.discipline-acquiring', `DisciplineLocked is 0, Phase ${numbers.get('phaseNs') ?? 'not known'} ns`)
    }
  }
  for (const { code, meaning } of bitsOf(readings)) add(code, `its alarms 0x${hex(numbers)} complain of ${meaning}`)
  return alarms
}

function hex(numbers: Readings['numbers']): string {
  return (numbers.get('alarms') ?? 0).toString(16)
}

function detailsOf({ firmware, serial, numbers }: Readings): DriverStatus['details'] {
  const flags: readonly ParameterName[] = ['disciplining', 'disciplineLocked', 'ppsInDetected', 'analogTuningEnabled']
  const details: Record<string, string | number | boolean> = {}
  if (firmware !== undefined) details['firmware'] = firmware
  if (serial !== undefined) details['serial'] = serial
  for (const [name, value] of numbers) {
    if (name === 'temperatureMilliC') details['temperatureC'] = value / 1_000
    else if (name === 'lockProgress') details['lockProgressPercent'] = value
    else details[name] = flags.includes(name) ? value === 1 : value
  }
  return details
}
