import type { Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import { createEmulatedOscillator, type EmulatedOscillator } from '../oscillator/emulated-oscillator.ts'
import { createErrorQueue, type ErrorQueue } from '../scpi/error-queue.ts'
import { type ClockFace, faceOf, scheduledLeap, unsetFace } from './clock-face.ts'
import type { FaultName } from './emulator-faults.ts'
import type { UnitState } from './health.ts'
import type { Hp5071aEmulatorOptions } from './options.ts'

/** An emulated unit under power: its tube, its clock, its front panel; its serial line is not part of it. */
export interface Instrument {
  readonly oscillator: EmulatedOscillator
  readonly errors: ErrorQueue
  readonly faults: ReadonlySet<FaultName>
  readonly options: Hp5071aEmulatorOptions
  advance(now: MonoNs): void
  state(): UnitState
  clock(now: MonoNs): ClockFace
  leap(now: MonoNs): ReturnType<typeof scheduledLeap>
  continuous(): 'ENA' | 'ON'
  readonly log: readonly string[]
  remote: boolean
  /** 1e-15. */
  steering(): number
  steer(fractionE15: number, now: MonoNs): void
  /** When it goes on by itself. */
  nextAt(): MonoNs | undefined
}

const ERROR_ENTRIES_MAX = 30
/** Without the beam the output is that of the crystal. */
const CRYSTAL_OFF_E15 = 2_000_000

export function createInstrument(
  options: Hp5071aEmulatorOptions,
  faults: ReadonlySet<FaultName>,
  prng: Prng,
  context: EmulatorContext,
  start: { readonly at: MonoNs; readonly cold: boolean },
): Instrument {
  const { leapTable } = context
  const offsetNs = start.cold ? 100_000_000 + prng.nextBelow(800_000_000) : 0
  const oscillator = createEmulatedOscillator(options, context, prng, start.at, offsetNs)
  const startTai = context.skyTai(start.at)
  let warmAt: MonoNs | undefined = start.cold ? plus(start.at, secondsNs(options.warmUpSeconds)) : undefined
  let steering = 0
  let hadWarning = false
  const log = start.cold ? ['Power on'] : ['Power on', 'Continuous operation reset']

  const stopped = (): UnitState | undefined =>
    faults.has('fatal-error') ? 'fatal' : faults.has('standby') ? 'standby' : undefined
  const tune = (now: MonoNs): void => {
    const isBeamOff = warmAt !== undefined || stopped() !== undefined
    oscillator.steer(isBeamOff ? CRYSTAL_OFF_E15 : steering, now)
  }
  tune(start.at)
  return {
    oscillator,
    faults,
    options,
    errors: createErrorQueue(ERROR_ENTRIES_MAX, { [-350]: 'Too many errors' }),
    log,
    remote: false,
    advance(now) {
      const was = warmAt
      if (stopped() !== undefined) warmAt = plus(now, secondsNs(options.warmUpSeconds))
      else if (warmAt !== undefined && now >= warmAt) warmAt = undefined
      if ((was === undefined) !== (warmAt === undefined)) tune(now)
      if (faults.has('warning') && !hadWarning) log.push('RF amplitude servo at its limit')
      hadWarning = faults.has('warning')
    },
    state: () => stopped() ?? (warmAt !== undefined ? 'warm-up' : faults.has('warning') ? 'warning' : 'normal'),
    clock(now) {
      if (start.cold || !options.clockSet) return unsetFace(between(start.at, now) / NS_PER_SECOND)
      const ahead = options.clockAheadSeconds + (faults.has('clock-moved') ? 1 : 0)
      return faceOf(oscillator.secondAt(now) + BigInt(ahead), leapTable, options.leapScheduled, startTai)
    },
    leap: (now) =>
      options.leapScheduled && !start.cold ? scheduledLeap(oscillator.secondAt(now), leapTable) : undefined,
    continuous: () => (start.cold || faults.has('light-flashing') ? 'ENA' : 'ON'),
    steering: () => steering,
    steer(fractionE15, now) {
      steering = fractionE15
      tune(now)
    },
    nextAt: () => (stopped() === undefined ? warmAt : undefined),
  }
}

function secondsNs(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1000)) * NS_PER_MILLISECOND
}
