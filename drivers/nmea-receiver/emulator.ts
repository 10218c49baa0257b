import { fail, ok } from '../../src/core/fault.ts'
import { divFloor, max } from '../../src/core/integer.ts'
import { taiToUtc, type UtcTime } from '../../src/core/leap.ts'
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
import { type ReceiverState, sentencesOf } from './burst.ts'
import { EMULATOR_FAULTS, type EmulatorFault, isEmulatorFault, spoil } from './emulator-faults.ts'
import { ROLLOVER_DAYS, shiftDays } from './label-judge.ts'
import type { NmeaReceiverOptions } from './options.ts'

/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10n
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
  const { pulseNoiseNs, pulseSawtoothNs } = options.emulator
  state.sawtooth = (state.sawtooth + state.sawtoothStep) % 1
  const errorNs = prng.nextNormal() * pulseNoiseNs + (2 * state.sawtooth - 1) * pulseSawtoothNs
  const edgeAt = context.skyMono(taiNs(second * NS_PER_SECOND))
  state.next = { second, at: plus(edgeAt, BigInt(Math.round(errorNs))) }
  state.firstSecond ??= second
}

function plan(state: State, at: MonoNs, action: EmulatorAction): void {
  state.planned.push({ at, action })
  state.planned.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

function planPulse(state: State, at: MonoNs): void {
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
  for (const sentence of sentences.flatMap((name) => sentencesOf(name, receiver, state.prng))) {
    const bytes = spoil(sentence, state.faults, state.prng)
    if (bytes.length > 0) plan(state, at, { type: 'write', bytes })
    at = plus(at, (BigInt(bytes.length) * BITS_PER_BYTE * NS_PER_SECOND) / BigInt(baudRate))
  }
  state.lineFreeAt = at
}

function receiverState(state: State, second: bigint): ReceiverState {
  const { faults, firstSecond = second } = state
  const { coldStartSeconds, talker } = state.options.emulator
  const cold = second - firstSecond < BigInt(coldStartSeconds)
  if (faults.has('stuck-second')) state.stuckAt ??= second
  const announced = state.options.names === 'following-pulse' ? 1n : 0n
  const shown = (state.stuckAt ?? second) + announced + (faults.has('jump') ? 1n : 0n)
  return {
    talker,
    time: cold ? undefined : utcOf(state, shown),
    zdaTime: cold ? undefined : utcOf(state, shown + (faults.has('zda-ahead') ? 1n : 0n)),
    fix: !cold && !faults.has('no-fix'),
  }
}

/** What the receiver believes the date and time of a TAI second to be; none before UTC had whole leap seconds. */
function utcOf(state: State, second: bigint): UtcTime | undefined {
  const table = state.context.leapTable
  const utc = taiToUtc(table, taiNs(second * NS_PER_SECOND))
  if (!utc.ok) return undefined
  if (!state.faults.has('rollover')) return utc.value
  const early = shiftDays(table, utc.value, -ROLLOVER_DAYS)
  return early.ok ? early.value : undefined
}
