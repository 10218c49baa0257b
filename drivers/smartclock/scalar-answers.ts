import type { Fault, Result } from '../../src/core/fault.ts'
import type { MonoNs } from '../../src/core/time.ts'
import type { Knowledge } from './knowledge.ts'
import { takeLogCount } from './log-reader.ts'
import { SCALARS, type ScalarName, type ScalarReadings } from './scalars.ts'
import { noteLeapPending } from './schedule.ts'

/** Keeps what the unit said and does what it calls for. A fault: it has not the form of an answer. */
export function takeScalar(known: Knowledge, name: ScalarName, text: string, now: MonoNs): Fault | undefined {
  const value: Result<string | number | boolean> = SCALARS[name].parse(text)
  if (!value.ok) {
    delete known.readings.scalars[name]
    return value.fault
  }
  Object.assign(known.readings.scalars, { [name]: value.value } satisfies Record<string, unknown>)
  follow(known, name, known.readings.scalars, now)
  return undefined
}

function follow(known: Knowledge, name: ScalarName, scalars: ScalarReadings, now: MonoNs): void {
  if (name === 'satellitesTracked' || name === 'gpsPulseValid') noteDeafness(known, name, scalars)
  else if (name === 'leapPending') followLeap(known, scalars, now)
  else if (name === 'logEntries') takeLogCount(known, scalars.logEntries ?? 0, now)
  else if (name === 'antennaDelayNs') checkAntennaDelay(known, scalars, now)
}

function followLeap({ schedule }: Knowledge, scalars: ScalarReadings, now: MonoNs): void {
  noteLeapPending(schedule, scalars.leapPending === true, now)
  if (scalars.leapPending === true) return
  delete scalars.leapDate
  delete scalars.leapMinuteSeconds
}

/** Counted at the count of satellites alone, so that two answers of one round are one reading. */
function noteDeafness({ readings }: Knowledge, name: ScalarName, scalars: ScalarReadings): void {
  const isDeaf = readings.state === 'LOCK' && (scalars.satellitesTracked === 0 || scalars.gpsPulseValid === false)
  if (!isDeaf) readings.deafReadings = 0
  else if (name === 'satellitesTracked') readings.deafReadings += 1
}

/** The configuration's delay is written once a session and read back; a unit that did not take it is not told again. */
function checkAntennaDelay(known: Knowledge, { antennaDelayNs: gotNs }: ScalarReadings, now: MonoNs): void {
  const { antennaDelay, readings, schedule } = known
  const { wantedNs } = antennaDelay
  readings.antennaDelayRefused = undefined
  if (wantedNs === undefined || gotNs === wantedNs) return
  if (antennaDelay.isTold) readings.antennaDelayRefused = { wantedNs, gotNs }
  else {
    schedule.dueAt.set('antennaDelaySet', now)
    schedule.dueAt.set('antennaDelayNs', now)
  }
}
