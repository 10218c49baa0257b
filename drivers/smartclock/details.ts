import type { DriverStatus } from '../driver.ts'
import { hasBit, OPERATION_BITS } from './condition-registers.ts'
import { dialectOf } from './protocol.ts'
import type { Readings } from './readings.ts'
import type { Satellite } from './satellite-table.ts'
import type { ScalarReadings } from './scalars.ts'

/** Everything that the unit has said and that has no place of its own in a status. */
export function detailsOf(readings: Readings): DriverStatus['details'] {
  const { identity, state, tfom, ffom, timeIntervalNs, holdoverSeconds, leapAnnounced, serviceRequested } = readings
  return present({
    model: identity?.model,
    serial: identity?.serial,
    firmware: identity?.firmware,
    dialect: identity === undefined ? undefined : dialectOf(identity),
    state,
    tfom,
    ffom,
    timeIntervalNs,
    holdoverSeconds,
    leapAnnounced,
    serviceRequested,
    ...scalarDetails(readings.scalars),
    lastLogEntry: readings.logEntry === undefined ? undefined : `${readings.logEntry.at} ${readings.logEntry.text}`,
    ...screenDetails(readings),
  })
}

/** The registers are for the alarms; of their bits only one is shown by itself. */
function scalarDetails(scalars: ScalarReadings): Record<string, string | number | boolean | undefined> {
  const isAlmostFull = hasBit(scalars.operationCondition ?? 0, OPERATION_BITS.logAlmostFull)
  return {
    ...scalars,
    hardwareCondition: undefined,
    operationCondition: undefined,
    holdoverCondition: undefined,
    powerupCondition: undefined,
    logAlmostFull: isAlmostFull ? true : undefined,
  }
}

function screenDetails({ screen }: Readings): Record<string, string | number | boolean | undefined> {
  if (screen === undefined) return {}
  return {
    outputs: screen.outputs,
    mode: screen.modeDetail === undefined ? screen.mode : `${screen.mode} ${screen.modeDetail}`,
    acquisition: screen.acquisition,
    clockAdvisory: screen.advisory,
    positionMode: screen.positionMode,
    surveySuspendedBy: screen.suspendedBy,
    elevationMaskDegrees: screen.elevationMaskDegrees,
    healthMonitor: screen.health,
    signalUnit: screen.signalUnit,
    satellites: screen.tracked.length === 0 ? undefined : screen.tracked.map(satelliteText).join(', '),
  }
}

/** `18 at 79/2: 32`: PRN, elevation and azimuth in degrees, signal. */
function satelliteText({ prn, elevation, azimuth, signal }: Satellite): string {
  return `${prn} at ${elevation ?? '--'}/${azimuth ?? '--'}: ${signal ?? '--'}`
}

function present(values: Readonly<Record<string, string | number | boolean | undefined>>): DriverStatus['details'] {
  const known: [string, string | number | boolean][] = []
  for (const [name, value] of Object.entries(values)) if (value !== undefined) known.push([name, value])
  return Object.fromEntries(known)
}
