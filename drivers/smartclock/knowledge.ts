import type { DriverAction } from '../driver.ts'
import type { EdgeReader } from './edges.ts'
import type { LogReader } from './log-reader.ts'
import type { Readings } from './readings.ts'
import type { Schedule } from './schedule.ts'

/** What a driver knows; the answers change it. */
export interface Knowledge {
  readonly source: string
  readonly edges: EdgeReader
  readonly screenPeriodNs: bigint | undefined
  readonly antennaDelay: AntennaDelay
  readings: Readings
  schedule: Schedule
  /** Entries in the unit's error queue that are due to the driver's own questions: no news. */
  ownErrors: number[]
  log: LogReader
  actions: DriverAction[]
}

/** The delay that the configuration wants in the unit, and how far that has come. */
export interface AntennaDelay {
  readonly wantedNs: number | undefined
  /** The unit has been told, at most once a session. */
  isTold: boolean
}
