import { fail, ok } from '../../src/core/fault.ts'
import { divFloor, max } from '../../src/core/integer.ts'
import { taiToUtc } from '../../src/core/leap.ts'
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
import type { EmulatedEpoch } from './emulated-epoch.ts'
import { buildPayload, MESSAGE_ORDER } from './emulated-messages.ts'
import { bannerLines, MODELS, versionFrame } from './emulated-models.ts'
import { epochOf, knowsTime } from './emulated-receiver.ts'
import { banner, buildSentences, SENTENCE_ORDER } from './emulated-sentences.ts'
import { createEmulatedSettings, type EmulatedSettings, type TimeMode } from './emulated-settings.ts'
import { EMULATOR_FAULTS, type EmulatorFault, isEmulatorFault, RESTARTING, spoil } from './emulator-faults.ts'
import { encodeFrame, SYNC_1, UBX } from './frame.ts'
import { createUbloxFramer, type FramePiece, type UbloxFramer } from './framer.ts'
import type { UbloxEmulatorOptions, UbloxOptions } from './options.ts'

/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10n
const DOUBLED_PULSE_AFTER_NS = 150n * NS_PER_MICROSECOND
/** From a message of the host to the first byte of the answer. */
const ANSWER_AFTER_NS = 15n * NS_PER_MILLISECOND
/** A host that sleeps longer than this loses what the instrument said meanwhile, as from a real one. */
const CATCH_UP_NS_MAX = 2n * NS_PER_SECOND
/** What does not fit into the buffer of the line is lost, as in a real one. */
const BACKLOG_NS_MAX = 1n * NS_PER_SECOND

interface Planned {
  readonly at: MonoNs
  readonly action: EmulatorAction
}

interface NextPulse {
  /** The TAI second that it marks, by how much it is late by the receiver's raster, and when it comes. */
  readonly second: bigint
  readonly lateNs: number
  readonly at: MonoNs
}

interface State {
  readonly options: UbloxEmulatorOptions
  readonly context: EmulatorContext
  readonly prng: Prng
  readonly faults: Set<EmulatorFault>
  readonly framer: UbloxFramer
  settings: EmulatedSettings
  /** Ascending. */
  planned: Planned[]
  next: NextPulse | undefined
  /** The last power on and the begin of the time mode, in TAI seconds. */
  startedAt: bigint | undefined
  mode: { readonly since: bigint; readonly mode: TimeMode } | undefined
  restarting: boolean
  stuckAt: bigint | undefined
  epochs: number
  epoch: EmulatedEpoch | undefined
  /** When the last byte has left, at the line's speed. */
  lineFreeAt: MonoNs
  /** Where in its raster the next second falls, in [0, 1), and how that advances from second to second. */
  phase: number
  readonly phaseStep: number
}

/**
 * A NEO-M8T or ZED-F9T on one of its ports. Once a second, a little after its pulse, it sends what it is set to send; what
 * TIM-TP says of the next pulse is what the pulse does. Needs a first wake to learn the time.
 */
export function createEmulator({ emulator: options }: UbloxOptions, seed: number, context: EmulatorContext): Emulator {
  const prng = createPrng(seed)
  const state: State = {
    options,
    context,
    prng,
    faults: new Set(),
    framer: createUbloxFramer(),
    settings: createEmulatedSettings(options),
    planned: [],
    next: undefined,
    startedAt: undefined,
    mode: undefined,
    restarting: true,
    stuckAt: undefined,
    epochs: 0,
    epoch: undefined,
    lineFreeAt: monoNs(0n),
    phase: prng.nextUnit(),
    phaseStep: prng.nextUnit(),
  }
  return {
    receive(bytes, now) {
      for (const piece of state.framer.push(bytes, now)) if (piece.kind === 'frame') answer(state, piece, now)
      return take(state, now)
    },
    wake: (now) => wake(state, now),
    nextWakeAt() {
      if (state.next === undefined) return monoNs(0n)
      const first = state.planned[0]?.at
      return first !== undefined && first < state.next.at ? first : state.next.at
    },
    setFault(name, on) {
      if (!isEmulatorFault(name)) {
        const known = Object.keys(EMULATOR_FAULTS).join(', ')
        return fail('emulator.unknown-fault', `ublox: expected one of ${known}, got ${name}`)
      }
      if (on && !state.faults.has(name) && RESTARTING.has(name)) restart(state)
      if (on) state.faults.add(name)
      else state.faults.delete(name)
      if (name === 'stuck-second') state.stuckAt = undefined
      return ok(undefined)
    },
  }
}

function restart(state: State): void {
  state.settings = createEmulatedSettings(state.options)
  state.restarting = true
  state.mode = undefined
  state.epoch = undefined
  state.planned = []
  state.lineFreeAt = monoNs(0n)
}

function wake(state: State, now: MonoNs): readonly EmulatorAction[] {
  if (state.next === undefined || between(state.next.at, now) > CATCH_UP_NS_MAX) {
    state.planned = []
    schedulePulse(state, skySecond(state, now) + 1n)
  }
  while (state.next !== undefined && state.next.at <= now) {
    const { second, at } = state.next
    // A sky that steps forward skips seconds; their pulses never were.
    schedulePulse(state, max(second, skySecond(state, at)) + 1n)
    planSecond(state, second, at)
  }
  return take(state, now)
}

function take(state: State, now: MonoNs): readonly EmulatorAction[] {
  const due = state.planned.filter((planned) => planned.at <= now)
  state.planned = state.planned.filter((planned) => planned.at > now)
  return due.map((planned) => planned.action)
}

function skySecond(state: State, at: MonoNs): bigint {
  return divFloor(state.context.skyTai(at), NS_PER_SECOND)
}

/** The pulse falls on the tick of the receiver's raster that is nearest to the second. */
function schedulePulse(state: State, second: bigint): void {
  const { context, options, prng } = state
  state.phase = (state.phase + state.phaseStep) % 1
  const lateNs = (state.phase - 0.5) * MODELS[options.model].tickNs
  const noiseNs = prng.nextNormal() * options.pulseNoiseNs
  const edgeAt = context.skyMono(taiNs(second * NS_PER_SECOND))
  state.next = { second, lateNs, at: plus(edgeAt, BigInt(Math.round(lateNs + noiseNs))) }
}

function planSecond(state: State, second: bigint, at: MonoNs): void {
  const { options, settings, context, prng, faults } = state
  if (state.restarting || state.startedAt === undefined) {
    state.startedAt = second
    state.restarting = false
    for (const line of banner(bannerLines(MODELS[options.model]))) say(state, line, at)
  }
  if (knowsTime(options, second - state.startedAt)) planPulse(state, at)
  const mode = settings.timeMode()
  if (!sameMode(state.mode?.mode, mode)) state.mode = { since: second, mode }
  if (faults.has('stuck-second')) state.stuckAt ??= second
  const moment = {
    second: state.stuckAt ?? second,
    startedAt: state.startedAt,
    modeSince: state.mode?.since ?? second,
    mode,
    grid: settings.pulseGrid(),
    nextLateNs: state.next?.lateNs ?? 0,
    faults,
  }
  state.epochs += 1
  state.epoch = epochOf(options, context.leapTable, moment, prng)
  planBurst(state, state.epoch, moment.second, at)
}

function sameMode(a: TimeMode | undefined, b: TimeMode): boolean {
  return a?.mode === b.mode && a.minSeconds === b.minSeconds && a.accuracyMm === b.accuracyMm
}

function planPulse(state: State, at: MonoNs): void {
  if (state.faults.has('missing-pulse') && state.prng.nextBelow(3) === 0) return
  plan(state, at, { type: 'pulse', at })
  if (!state.faults.has('doubled-pulse')) return
  const secondEdgeAt = plus(at, DOUBLED_PULSE_AFTER_NS)
  plan(state, secondEdgeAt, { type: 'pulse', at: secondEdgeAt })
}

/** The announcement of the next pulse, the sentences, and then the rest of the frames. */
function planBurst(state: State, epoch: EmulatedEpoch, second: bigint, pulseAt: MonoNs): void {
  const { firstByteAfterPulseMs, firstByteJitterMs } = state.options
  const jitterMs = (2 * state.prng.nextUnit() - 1) * Math.min(firstByteJitterMs, firstByteAfterPulseMs)
  const startNs = BigInt(Math.round((firstByteAfterPulseMs + jitterMs) * Number(NS_PER_MILLISECOND)))
  const from = plus(pulseAt, startNs)
  const isDue = (key: number): boolean => {
    const epochs = state.settings.epochsOf(key)
    return epochs > 0 && state.epochs % epochs === 0
  }
  const frame = (key: number): void => {
    const payload = isDue(key) ? buildPayload(key, epoch) : undefined
    if (payload !== undefined) say(state, encodeFrame(key, payload), from)
  }
  const ahead = state.faults.has('rmc-ahead') ? 1n : 0n
  const rmc = taiToUtc(state.context.leapTable, taiNs((second + ahead) * NS_PER_SECOND))
  const rmcTime = ahead === 0n || epoch.utc === undefined || !rmc.ok ? epoch.utc : rmc.value
  frame(UBX.timTp)
  for (const key of SENTENCE_ORDER.filter(isDue)) {
    for (const sentence of buildSentences(key, epoch, rmcTime)) say(state, sentence, from)
  }
  for (const key of MESSAGE_ORDER) if (key !== UBX.timTp) frame(key)
}

/** Puts bytes on the line, at its speed, behind what is on it already. */
function say(state: State, bytes: Uint8Array, from: MonoNs): void {
  if (!state.settings.speaks(bytes[0] === SYNC_1 ? 'ubx' : 'nmea')) return
  const spoilt = spoil(bytes, state.faults, state.prng)
  const at = max(from, state.lineFreeAt)
  if (spoilt.length === 0 || between(from, at) > BACKLOG_NS_MAX) return
  plan(state, at, { type: 'write', bytes: spoilt })
  state.lineFreeAt = plus(at, (BigInt(spoilt.length) * BITS_PER_BYTE * NS_PER_SECOND) / BigInt(state.options.baudRate))
}

function plan(state: State, at: MonoNs, action: EmulatorAction): void {
  state.planned.push({ at, action })
  state.planned.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

const CONFIGURATION_CLASS = 0x06

/** Settings are answered and acknowledged; a message of another class without a payload is a question for it. */
function answer(state: State, frame: FramePiece, now: MonoNs): void {
  const from = plus(now, ANSWER_AFTER_NS)
  if (frame.key >> 8 === CONFIGURATION_CLASS) {
    const refuses = state.faults.has('refuses-settings')
    for (const bytes of state.settings.answer(frame, refuses)) say(state, bytes, from)
  } else if (frame.key === UBX.monVer && frame.payload.length === 0) {
    say(state, versionFrame(MODELS[state.options.model]), from)
  } else if (frame.payload.length === 0 && state.epoch !== undefined) {
    const payload = buildPayload(frame.key, state.epoch)
    if (payload !== undefined) say(state, encodeFrame(frame.key, payload), from)
  }
}
