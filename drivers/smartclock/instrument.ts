import { assert } from '../../src/core/assert.ts'
import { divFloor } from '../../src/core/integer.ts'
import { type LeapTable, taiMinusUtcAt, taiToUtc } from '../../src/core/leap.ts'
import type { Prng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import { createErrorQueue } from '../scpi/error-queue.ts'
import { createEmulatedHardware, type EmulatedHardware } from './emulated-hardware.ts'
import { createEmulatedLog, type EmulatedLog } from './emulated-log.ts'
import type { FaultName } from './emulator-faults.ts'
import { createLockSequence, type LockSequence, type LockStage } from './lock-sequence.ts'
import type { SmartclockEmulatorOptions } from './options.ts'
import type { Panel, PendingLeap } from './panel.ts'
import { createPulseTrain, type PulseTrain } from './pulse-train.ts'
import { checksum, formatTimeCode, gpsSecondsOf, type TimeCode } from './time-code.ts'
import { addRollovers } from './week-rollover.ts'

/** An emulated unit under power, from its oscillator to its front panel; its serial line is not part of it. */
export interface Instrument extends Panel {
  advance(now: MonoNs): void
  /** The oldest pulse that has come and was not taken yet. */
  takePulse(now: MonoNs): MonoNs | undefined
  /** When something happens by itself. */
  nextAt(): MonoNs | undefined
  /** The first instant since `notBefore` at which the unit sends a time code, and the TAI second of the edge it names. */
  nextTick(notBefore: MonoNs): { readonly at: MonoNs; readonly second: bigint }
  timeCode(second: bigint, now: MonoNs): string
  /** More errors than the queue holds. */
  fillErrorQueue(): void
}

/** From the first byte of a time code to the edge it names: measured on a Z3805A; on the others what NTP assumes. */
const TIME_CODE_LEAD_NS: Readonly<Record<Panel['model'], bigint>> = {
  '58503A': 980n * NS_PER_MILLISECOND,
  Z3801A: 980n * NS_PER_MILLISECOND,
  Z3805A: 509n * NS_PER_MILLISECOND,
}

const SYNC_STATE = { 'power-up': 'POW', locked: 'LOCK', holdover: 'HOLD', recovery: 'REC' } as const
const ERROR_ENTRIES_MAX = 30
const READINGS_PER_INTERVAL = 10
/** GPS announces a leap second about half a year ahead. */
const LEAP_ANNOUNCED_SECONDS = 183n * 86_400n

export function createInstrument(
  options: SmartclockEmulatorOptions,
  faults: ReadonlySet<FaultName>,
  prng: Prng,
  context: EmulatorContext,
  poweredAt: MonoNs,
): Instrument {
  const { leapTable } = context
  const errors = createErrorQueue(ERROR_ENTRIES_MAX)
  const unit: Unit = {
    options,
    faults,
    context,
    sequence: createLockSequence(options, poweredAt),
    train: createPulseTrain(options, prng, context),
    log: createEmulatedLog(leapTable, poweredAt),
    hardware: createEmulatedHardware(faults, errors.clear),
    meter: undefined,
    isHeldByFault: false,
  }
  const { sequence, train } = unit
  let stuckSecond: bigint | undefined
  unit.log.add('Power on', undefined, poweredAt)

  return {
    errors,
    ...panelOf(unit),
    ...ordersOf(unit),
    advance(now) {
      if (faults.has('manual-holdover') !== unit.isHeldByFault) turnHoldover(unit, now)
      if (sequence.advance(now, hasGps(unit))) enter(unit, sequence.stage(), now)
    },
    takePulse(now) {
      const pulse = train.take(now)
      if (pulse !== undefined) unit.meter?.take(pulse.lateNs)
      return pulse?.at
    },
    nextAt() {
      const [pulseAt, stageAt] = [train.nextAt(), sequence.nextAt()]
      return pulseAt === undefined || (stageAt !== undefined && stageAt < pulseAt) ? stageAt : pulseAt
    },
    nextTick(notBefore) {
      let second = train.secondAt(notBefore)
      const tickOf = (named: bigint): MonoNs => plus(train.beginOf(named), -TIME_CODE_LEAD_NS[options.model])
      while (tickOf(second) < notBefore) second += 1n
      return { at: tickOf(second), second }
    },
    timeCode(second, now) {
      stuckSecond = faults.has('stuck-second') ? (stuckSecond ?? second) : undefined
      const said = stuckSecond ?? second
      const code: TimeCode = {
        time: options.timeCodeFormat === 'T1' ? gpsTime(said) : utcTime(said, faults.has('local-time'), leapTable),
        tfom: tfomOf(unit, now),
        ffom: ffomOf(unit, now),
        leap: announcedLeap(said, leapTable),
        serviceRequested: false,
        invalid: sequence.stage() === 'power-up',
      }
      return written(code, faults, leapTable)
    },
    fillErrorQueue() {
      for (let i = 0; i <= ERROR_ENTRIES_MAX; i++) errors.push(-113)
    },
  }
}

interface Unit {
  readonly options: SmartclockEmulatorOptions
  readonly faults: ReadonlySet<FaultName>
  readonly context: EmulatorContext
  readonly sequence: LockSequence
  readonly train: PulseTrain
  readonly log: EmulatedLog
  readonly hardware: EmulatedHardware
  meter: IntervalMeter | undefined
  /** The holdover is the fault's, not an order's. */
  isHeldByFault: boolean
}

type OrderName = 'initiateHoldover' | 'initiateRecovery' | 'synchronize'

function panelOf(unit: Unit): Omit<Panel, OrderName | 'errors'> {
  const { options, faults, context, sequence, train, log, hardware } = unit
  const { leapTable } = context
  return {
    model: options.model,
    leapTable,
    log,
    ...hardware,
    hasTime: () => sequence.stage() !== 'power-up',
    hasGps: () => hasGps(unit),
    hasSatellites: () => hasGps(unit) && !faults.has('deaf-receiver'),
    syncState: () => SYNC_STATE[sequence.stage()],
    isManualHoldover: sequence.isManual,
    tfom: (now) => tfomOf(unit, now),
    ffom: (now) => ffomOf(unit, now),
    timeIntervalNs: () => unit.meter?.meanNs(),
    holdoverSeconds: sequence.holdoverSeconds,
    holdoverPredictedNs: () => (options.model === '58503A' ? 432_000 : 800),
    leapSeconds: (now) => minusGps(taiMinusUtcAt(leapTable, context.skyTai(now))),
    pendingLeap: (now) => pendingLeap(divFloor(context.skyTai(now), NS_PER_SECOND), leapTable),
    zoneHours: () => (faults.has('local-time') ? 1 : 0),
    secondAt: train.secondAt,
  }
}

function ordersOf(unit: Unit): Pick<Panel, OrderName> {
  const { sequence, train } = unit
  return {
    initiateHoldover(now) {
      if (!sequence.initiateHoldover(now)) return false
      enter(unit, 'holdover', now)
      return true
    },
    initiateRecovery(now) {
      if (!sequence.initiateRecovery(now, hasGps(unit))) return false
      if (sequence.stage() === 'recovery') enter(unit, 'recovery', now)
      return true
    },
    synchronize(now) {
      if (!hasGps(unit) || sequence.stage() === 'locked') return false
      train.lock(now)
      return true
    },
  }
}

/** The fault that somebody at the keypad is. */
function turnHoldover(unit: Unit, now: MonoNs): void {
  const orders = ordersOf(unit)
  if (unit.isHeldByFault) orders.initiateRecovery(now)
  else if (!orders.initiateHoldover(now)) return
  unit.isHeldByFault = !unit.isHeldByFault
}

function enter(unit: Unit, stage: LockStage, now: MonoNs): void {
  const { train, options, log, hardware, sequence } = unit
  if (stage === 'locked') train.lock(now)
  else if (stage === 'holdover') train.hold()
  else if (stage === 'recovery') train.recover(options.recoverySeconds, now)
  if (stage === 'holdover') hardware.lightAlarm()
  const text = logTextOf(stage, sequence.isManual())
  if (text !== undefined) log.add(text, taiNs(train.secondAt(now) * NS_PER_SECOND), now)
  // Whatever ended the stage before has measured the interval too.
  unit.meter = stage === 'holdover' ? undefined : createIntervalMeter(Number(train.lateNs()))
}

function hasGps({ faults }: Unit): boolean {
  return !faults.has('no-gps')
}

function tfomOf({ sequence, options }: Unit, now: MonoNs): number {
  const stage = sequence.stage()
  if (stage === 'power-up') return 9
  if (stage === 'locked') return 3
  return meritOf(100 + Math.abs(options.holdoverDriftPpb) * sequence.holdoverSeconds(now))
}

function ffomOf({ sequence }: Unit, now: MonoNs): number {
  const stage = sequence.stage()
  if (stage === 'power-up') return 3
  if (stage === 'locked') return sequence.isStable(now) ? 0 : 1
  return 2
}

/** The mean of ten readings, which changes every ten. */
interface IntervalMeter {
  take(lateNs: bigint): void
  meanNs(): number
}

function createIntervalMeter(firstNs: number): IntervalMeter {
  let readings: number[] = []
  let meanNs = firstNs
  return {
    take(lateNs) {
      readings.push(Number(lateNs))
      if (readings.length < READINGS_PER_INTERVAL) return
      meanNs = readings.reduce((sum, ns) => sum + ns) / READINGS_PER_INTERVAL
      readings = []
    },
    meanNs: () => meanNs,
  }
}

/** The decade of an error of `errorNs`: 3 for 100 ns to 1 µs. */
function meritOf(errorNs: number): number {
  return Math.min(9, Math.floor(Math.log10(errorNs)) + 1)
}

function minusGps(taiMinusUtcSeconds: number | undefined): number | undefined {
  return taiMinusUtcSeconds === undefined ? undefined : taiMinusUtcSeconds - 19
}

function gpsTime(second: bigint): TimeCode['time'] {
  return { format: 'T1', gpsSeconds: gpsSecondsOf(second) }
}

function utcTime(second: bigint, isLocal: boolean, table: LeapTable): TimeCode['time'] {
  const utc = taiToUtc(table, startOf(isLocal ? second + 3600n : second))
  assert(utc.ok, 'the sky of an emulated unit is one of our days')
  return { format: 'T2', utc: utc.value }
}

function announcedLeap(second: bigint, table: LeapTable): TimeCode['leap'] {
  const leap = pendingLeap(second, table)
  if (leap === undefined) return '0'
  return leap.minuteSeconds === 61 ? '+' : '-'
}

function pendingLeap(second: bigint, table: LeapTable): PendingLeap | undefined {
  const now = taiMinusUtcAt(table, startOf(second))
  const then = taiMinusUtcAt(table, startOf(second + LEAP_ANNOUNCED_SECONDS))
  const entry = table.entries.find(({ taiMinusUtcSeconds }) => taiMinusUtcSeconds === then)
  if (now === undefined || then === undefined || now === then || entry === undefined) return undefined
  const noonBefore = taiToUtc(table, startOf(entry.sinceUtcSecond - 43_200n + BigInt(now)))
  assert(noonBefore.ok, 'the day before a leap second is one of our days')
  const { year, month, day } = noonBefore.value
  return { year, month, day, minuteSeconds: then > now ? 61 : 59 }
}

function logTextOf(stage: LockStage, isManual: boolean): string | undefined {
  if (stage === 'locked') return 'GPS lock started'
  if (stage !== 'holdover') return undefined
  return `Holdover started, ${isManual ? 'manually initiated' : 'not tracking GPS'}`
}

function written(code: TimeCode, faults: ReadonlySet<FaultName>, table: LeapTable): string {
  const early = faults.has('rollover') ? addRollovers(code, -1, table) : undefined
  const text = formatTimeCode(early?.ok === true ? early.value : code)
  if (!faults.has('wrong-checksum')) return text
  const body = text.slice(0, -2)
  return `${body}${checksum(`${body}\u0001`)}`
}

function startOf(second: bigint): TaiNs {
  return taiNs(second * NS_PER_SECOND)
}
