import { fail, ok } from '../../src/core/fault.ts'
import { divFloor, max } from '../../src/core/integer.ts'
import { taiMinusUtcAt } from '../../src/core/leap.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import {
  between,
  type MonoNs,
  monoNs,
  NS_PER_MICROSECOND,
  NS_PER_MILLISECOND,
  NS_PER_SECOND,
  plus,
  taiNs,
} from '../../src/core/time.ts'
import type { Emulator, EmulatorAction, EmulatorContext } from '../driver.ts'
import { formatSentence } from '../nmea/sentence.ts'
import { TAI_MINUS_GPS_SECONDS } from '../nmea/timescale.ts'
import { type ReceiverState, sentencesOf } from './burst.ts'
import { EMULATOR_FAULTS, type EmulatorFault, isEmulatorFault, spoil } from './emulator-faults.ts'
import { type MakersState, makersSentences } from './makers-sentences.ts'
import type { NmeaReceiverOptions } from './options.ts'
import { LEAP_SECONDS_MISSING, type ReceiverTime, receiverTime } from './receiver-time.ts'

/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10n
/** A jammer takes this off every carrier. */
const JAMMED_BY_DB = 15
const DOUBLED_PULSE_AFTER_NS = 150n * NS_PER_MICROSECOND
/** A host that sleeps longer than this loses what the instrument said meanwhile, as from a real one. */
const CATCH_UP_NS_MAX = 2n * NS_PER_SECOND

interface Planned {
  readonly at: MonoNs
  readonly action: EmulatorAction
}

interface State {
  readonly options: NmeaReceiverOptions
  readonly context: EmulatorContext
  readonly prng: Prng
  readonly faults: Set<EmulatorFault>
  /** Ascending. */
  planned: Planned[]
  /** The TAI second whose pulse comes next, and when; undefined before the first wake says what time it is. */
  next: { readonly second: bigint; readonly at: MonoNs } | undefined
  firstSecond: bigint | undefined
  stuckAt: bigint | undefined
  lastFixSecond: bigint | undefined
  /** When the last byte of the latest burst has left, at the line's speed. */
  lineFreeAt: MonoNs
  /** Phase of the sawtooth, in [0, 1), and its advance from pulse to pulse. */
  sawtooth: number
  readonly sawtoothStep: number
}

/** One burst of sentences and one pulse a second, by the sky of the context. Needs a first wake to learn the time. */
export function createEmulator(options: NmeaReceiverOptions, seed: number, context: EmulatorContext): Emulator {
  const prng = createPrng(seed)
  const state: State = {
    options,
    context,
    prng,
    faults: new Set(),
    planned: [],
    next: undefined,
    firstSecond: undefined,
    stuckAt: undefined,
    lastFixSecond: undefined,
    lineFreeAt: monoNs(0n),
    sawtooth: prng.nextUnit(),
    sawtoothStep: prng.nextUnit(),
  }
  return {
    receive: () => [],
    wake: (now) => wake(state, now),
    nextWakeAt() {
      if (state.next === undefined) return monoNs(0n)
      const first = state.planned[0]?.at
      return first !== undefined && first < state.next.at ? first : state.next.at
    },
    setFault(name, on) {
      if (!isEmulatorFault(name)) {
        const known = Object.keys(EMULATOR_FAULTS).join(', ')
        return fail('emulator.unknown-fault', `nmea-receiver: expected one of ${known}, got ${name}`)
      }
      if (on) state.faults.add(name)
      else state.faults.delete(name)
      if (name === 'stuck-second') state.stuckAt = undefined
      return ok(undefined)
    },
  }
}

function wake(state: State, now: MonoNs): readonly EmulatorAction[] {
  if (state.next === undefined || between(state.next.at, now) > CATCH_UP_NS_MAX) {
    state.planned = []
    scheduleSecond(state, skySecond(state, now) + 1n)
  }
  while (state.next !== undefined && state.next.at <= now) {
    const { second, at } = state.next
    planPulse(state, at)
    planBurst(state, second, at)
    // A sky that steps forward skips seconds; their pulses never were.
    scheduleSecond(state, max(second, skySecond(state, at)) + 1n)
  }
  const due = state.planned.filter((planned) => planned.at <= now)
  state.planned = state.planned.filter((planned) => planned.at > now)
  return due.map((planned) => planned.action)
}

function skySecond(state: State, at: MonoNs): bigint {
  return divFloor(state.context.skyTai(at), NS_PER_SECOND)
}

/** The pulse's own error is drawn here, so that the emulator wakes when the edge comes and not before. */
function scheduleSecond(state: State, second: bigint): void {
  const { context, options, prng } = state
  const { pulseNoiseNs } = options.emulator
  state.sawtooth = (state.sawtooth + state.sawtoothStep) % 1
  const errorNs = prng.nextNormal() * pulseNoiseNs + sawtoothNs(state)
  const edgeAt = context.skyMono(taiNs(second * NS_PER_SECOND))
  state.next = { second, at: plus(edgeAt, BigInt(Math.round(errorNs))) }
  state.firstSecond ??= second
}

function plan(state: State, at: MonoNs, action: EmulatorAction): void {
  state.planned.push({ at, action })
  state.planned.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

function planPulse(state: State, at: MonoNs): void {
  if (state.faults.has('pulse-off')) return
  if (state.faults.has('missing-pulse') && state.prng.nextBelow(3) === 0) return
  plan(state, at, { type: 'pulse', at })
  if (!state.faults.has('doubled-pulse')) return
  const secondEdgeAt = plus(at, DOUBLED_PULSE_AFTER_NS)
  plan(state, secondEdgeAt, { type: 'pulse', at: secondEdgeAt })
}

function planBurst(state: State, second: bigint, pulseAt: MonoNs): void {
  const { firstByteAfterPulseMs, firstByteJitterMs, baudRate, sentences } = state.options.emulator
  const jitterMs = (2 * state.prng.nextUnit() - 1) * Math.min(firstByteJitterMs, firstByteAfterPulseMs)
  const startNs = BigInt(Math.round((firstByteAfterPulseMs + jitterMs) * Number(NS_PER_MILLISECOND)))
  // A line too slow for its bursts delays them, and loses those that would begin in the second after theirs.
  if (state.lineFreeAt > plus(pulseAt, NS_PER_SECOND)) return
  let at = max(plus(pulseAt, startNs), state.lineFreeAt)
  const receiver = receiverState(state, second)
  const standard = sentences.flatMap((name) => sentencesOf(name, receiver, state.prng))
  const own = makersSentences(state.options.emulator.dialect, makersState(state, second)).map(formatSentence)
  for (const sentence of [...standard, ...own]) {
    const bytes = spoil(sentence, state.faults, state.prng)
    if (bytes.length > 0) plan(state, at, { type: 'write', bytes })
    at = plus(at, (BigInt(bytes.length) * BITS_PER_BYTE * NS_PER_SECOND) / BigInt(baudRate))
  }
  state.lineFreeAt = at
}

function receiverState(state: State, second: bigint): ReceiverState {
  const { faults, options } = state
  const { talker, dialect } = options.emulator
  const { time, rmcTime, zdaTime } = timeAt(state, second)
  const cold = isCold(state, second)
  return {
    talker,
    time: cold ? undefined : time,
    rmcTime: cold ? undefined : rmcTime,
    zdaTime: cold ? undefined : zdaTime,
    fix: hasFix(state, second),
    fixQuality: dialect === 'jackson-labs' ? '2' : '1',
    attenuationDb: faults.has('jamming') ? JAMMED_BY_DB : 0,
    isUniform: faults.has('uniform-signals'),
    isMoved: faults.has('antenna-moved'),
  }
}

function makersState(state: State, second: bigint): MakersState {
  const { faults, context, options, firstSecond = second } = state
  const { time, gps } = timeAt(state, second)
  const fix = hasFix(state, second)
  if (fix) state.lastFixSecond = second
  const counted = (taiMinusUtcAt(context.leapTable, taiNs(second * NS_PER_SECOND)) ?? 0) - TAI_MINUS_GPS_SECONDS
  const leapIsDefault = faults.has('leap-unknown')
  return {
    reading: isCold(state, second) ? undefined : time,
    gps,
    fix,
    leapSeconds: leapIsDefault ? counted - LEAP_SECONDS_MISSING : counted,
    leapIsDefault,
    tellsGpsTime: faults.has('gps-time') !== (options.timescale === 'gps'),
    pulseIsOn: !faults.has('pulse-off'),
    isJammed: faults.has('jamming'),
    quantizationNs: sawtoothNs(state),
    holdoverSeconds: state.lastFixSecond === undefined ? 0 : Number(second - state.lastFixSecond),
    seconds: Number(second - firstSecond),
  }
}

function isCold({ options, firstSecond }: State, second: bigint): boolean {
  return second - (firstSecond ?? second) < BigInt(options.emulator.coldStartSeconds)
}

function hasFix(state: State, second: bigint): boolean {
  return !isCold(state, second) && !state.faults.has('no-fix') && !state.faults.has('rtc-date')
}

function timeAt(state: State, second: bigint): ReceiverTime {
  const { faults, options, context } = state
  if (faults.has('stuck-second')) state.stuckAt ??= second
  const announced = options.names === 'following-pulse' ? 1n : 0n
  const shown = (state.stuckAt ?? second) + announced + (faults.has('jump') ? 1n : 0n)
  return receiverTime(options, faults, shown, context.leapTable)
}

/** By how much the pulse at hand comes late through the ticks of the receiver's clock. */
function sawtoothNs({ sawtooth, options }: State): number {
  return (2 * sawtooth - 1) * options.emulator.pulseSawtoothNs
}
