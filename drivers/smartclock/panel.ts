import type { LeapTable } from '../../src/core/leap.ts'
import type { MonoNs } from '../../src/core/time.ts'
import type { ErrorQueue } from '../scpi/error-queue.ts'
import type { EmulatedLog } from './emulated-log.ts'
import type { SmartclockEmulatorOptions } from './options.ts'

/** What the replies of an emulated unit are made from, and what its commands act on. */
export interface Panel {
  readonly model: SmartclockEmulatorOptions['model']
  readonly leapTable: LeapTable
  readonly errors: ErrorQueue
  readonly log: EmulatedLog
  /** Before the first lock the unit has no date, no time and no time interval. */
  hasTime(): boolean
  /** The pulse of the GPS engine is there. */
  hasGps(): boolean
  /** The engine tracks satellites: without them a unit that is not broken has no pulse either. */
  hasSatellites(): boolean
  syncState(): 'POW' | 'LOCK' | 'HOLD' | 'REC'
  isManualHoldover(): boolean
  tfom(now: MonoNs): number
  ffom(now: MonoNs): number
  /** Mean of ten readings, ns. */
  timeIntervalNs(): number | undefined
  holdoverSeconds(now: MonoNs): number
  holdoverPredictedNs(): number
  /** GPS − UTC, s. */
  leapSeconds(now: MonoNs): number | undefined
  pendingLeap(now: MonoNs): PendingLeap | undefined
  zoneHours(): number
  /** The TAI second that runs by the unit's own count. */
  secondAt(now: MonoNs): bigint
  hardwareCondition(): number
  efcPercent(): number
  /** Lit since something happened that the factory's mask lets through, until `*CLS`. */
  isAlarmLit(): boolean
  clearAlarm(): void
  antennaDelayNs(): number
  setAntennaDelay(ns: number): void
  /** The three orders: whether the unit takes it as it stands. */
  initiateHoldover(now: MonoNs): boolean
  initiateRecovery(now: MonoNs): boolean
  synchronize(now: MonoNs): boolean
}

/** The day at whose end a leap second comes, and how long its last minute is. */
export interface PendingLeap {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly minuteSeconds: 59 | 61
}
