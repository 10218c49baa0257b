import type { MonoNs } from '../../src/core/time.ts'
import type { LogEntry } from './event-log.ts'
import type { Readings } from './readings.ts'
import type { Schedule } from './schedule.ts'

/** How far the unit's log has been read: the newest entry at first, then each that comes. */
export interface LogReader {
  /** How many entries the unit has. */
  count: number
  /** The number of the entry to be read next, from 1. */
  wanted: number
}

/** A unit that has written more since it was last asked is asked for the last of them only. */
const ENTRIES_BEHIND_MAX = 8

interface Reading {
  readonly readings: Readings
  readonly schedule: Schedule
  readonly log: LogReader
}

export function createLogReader(): LogReader {
  return { count: 0, wanted: 1 }
}

/** The unit has told how many entries it has. */
export function takeLogCount({ schedule, log, readings }: Reading, count: number, now: MonoNs): void {
  const isFirst = readings.logEntry === undefined
  const isCleared = count < log.count
  if (count > 0 && (isFirst || isCleared || count > log.count)) {
    log.wanted = isFirst || isCleared ? count : Math.max(log.count + 1, count - ENTRIES_BEHIND_MAX + 1)
    schedule.dueAt.set('logEntry', now)
  }
  log.count = count
}

export function takeLogEntry({ schedule, log, readings }: Reading, entry: LogEntry, now: MonoNs): void {
  readings.logEntry = entry
  log.wanted += 1
  if (log.wanted <= log.count) schedule.dueAt.set('logEntry', now)
}
