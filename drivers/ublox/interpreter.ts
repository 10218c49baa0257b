import type { Fault } from '../../src/core/fault.ts'
import { leapTableExpired, taiMinusUtcAt } from '../../src/core/leap.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, type TaiNs } from '../../src/core/time.ts'
import type { DriverAction, DriverContext } from '../driver.ts'
import { createFaultLimit, type FaultLimit } from '../gnss/fault-limit.ts'
import { createIntegrity, type Integrity } from '../gnss/integrity.ts'
import type { SentencePiece } from '../nmea/framer.ts'
import { parseSentence } from '../nmea/sentence.ts'
import { type Burst, createBurst } from './burst.ts'
import { TAI_MINUS_GPS_SECONDS } from './epoch.ts'
import type { FramePiece, UbloxPiece } from './framer.ts'
import { createHealth, type Health } from './health.ts'
import { noteIntegrity } from './integrity-notes.ts'
import { createLeapKnowledge, type LeapKnowledge, type LeapState } from './leap-knowledge.ts'
import type { Version } from './monitor-messages.ts'
import type { UbloxOptions } from './options.ts'
import { pieceFault } from './piece-fault.ts'
import { parseMessage, type UbxMessage } from './protocol.ts'
import { sentenceTime } from './sentence-time.ts'
import { createTally, type Tally } from './tally.ts'
import { createTimeKeeper, type NamedPulse, type TimeKeeper } from './time-keeper.ts'
import type { Arrival } from './time-reading.ts'

/** Everything that is known of one instrument, and the actions that what it said gave rise to. */
export interface Interpreter {
  readonly context: DriverContext
  readonly burst: Burst
  readonly health: Health
  readonly integrity: Integrity
  readonly leap: LeapKnowledge
  readonly times: TimeKeeper
  readonly faultLimit: FaultLimit
  readonly tally: Tally
  /** Collected until the driver hands them out. */
  actions: DriverAction[]
  understood: boolean
  /** When the latest frame or sentence with a right checksum ended, and the latest frame. */
  lastGoodAt: MonoNs | undefined
  lastFrameAt: MonoNs | undefined
  upSeconds: number | undefined
  version: Version | undefined
  firstGoodAt: MonoNs | undefined
  /** What the leap table has at the latest epoch. */
  tableCount: { readonly epoch: TaiNs | undefined; readonly leapSeconds: number | undefined }
  /** Set at the first good piece, and when it has started afresh, until the driver has seen it. */
  heardAnew: boolean
}

export function createInterpreter(options: UbloxOptions, context: DriverContext): Interpreter {
  const burst = createBurst()
  return {
    context,
    burst,
    health: createHealth(),
    integrity: createIntegrity(),
    leap: createLeapKnowledge(),
    times: createTimeKeeper(options, context.leapTable, burst),
    faultLimit: createFaultLimit('ublox.faults-suppressed'),
    tally: createTally(),
    actions: [],
    understood: false,
    lastGoodAt: undefined,
    lastFrameAt: undefined,
    upSeconds: undefined,
    version: undefined,
    firstGoodAt: undefined,
    tableCount: { epoch: undefined, leapSeconds: undefined },
    heardAnew: false,
  }
}

/**
 * Turns what the framer cut into samples and faults: each piece is accounted for exactly once. `hear` gets every message
 * that was understood, with its key.
 */
export function interpret(
  it: Interpreter,
  pieces: readonly UbloxPiece[],
  at: MonoNs,
  hear: (message: UbxMessage, key: number) => void,
): void {
  for (const piece of pieces) {
    it.tally.pieces += 1
    if (piece.kind === 'frame') interpretFrame(it, piece, hear)
    else if (piece.kind === 'sentence') interpretSentence(it, piece)
    else refuse(it, pieceFault(piece), at)
  }
}

/** A receiver that is set up sends every second. */
const PAUSE_NS = 1500n * NS_PER_MILLISECOND

function interpretFrame(it: Interpreter, piece: FramePiece, hear: (message: UbxMessage, key: number) => void): void {
  const { firstByteAt, lastByteAt } = piece
  noteGood(it, piece)
  // In a pause it may have started afresh, and only later messages would tell so.
  if (it.lastFrameAt !== undefined && between(it.lastFrameAt, firstByteAt) > PAUSE_NS) it.leap.forget()
  it.lastFrameAt = lastByteAt
  const parsed = parseMessage(piece)
  if (!parsed.ok) {
    refuse(it, parsed.fault, lastByteAt)
    return
  }
  const message = parsed.value
  if (message.type === 'other') it.tally.framesOther += 1
  else it.tally.framesUnderstood += 1
  if (message.type === 'version') it.version = message
  if (message.type === 'navigation-status') noteUpTime(it, message.upSeconds)
  it.health.note(message, lastByteAt)
  noteIntegrity(it.integrity, message, lastByteAt)
  it.leap.note(message, lastByteAt)
  if (TIME_MESSAGES.has(message.type)) {
    const { faults, named } = it.times.note(message, piece, leapState(it, lastByteAt).resolved)
    for (const fault of faults) report(it, fault, lastByteAt)
    if (named !== undefined) label(it, named, piece)
  }
  hear(message, piece.key)
}

const TIME_MESSAGES: ReadonlySet<UbxMessage['type']> = new Set([
  'time-pulse',
  'gps-time',
  'utc-time',
  'navigation-solution',
])

function interpretSentence(it: Interpreter, piece: SentencePiece): void {
  const sentence = parseSentence(piece.text, false)
  if (!sentence.ok) {
    refuse(it, sentence.fault, piece.lastByteAt)
    return
  }
  it.tally.sentences += 1
  noteGood(it, piece)
  const utc = sentenceTime(sentence.value)
  if (utc === undefined) return
  const { resolved } = leapState(it, piece.lastByteAt)
  for (const fault of it.times.noteSentence(sentence.value.address, utc, piece, resolved)) {
    report(it, fault, piece.lastByteAt)
  }
}

function noteGood(it: Interpreter, { firstByteAt, lastByteAt }: Arrival): void {
  it.burst.note(firstByteAt, lastByteAt)
  it.lastGoodAt = lastByteAt
  it.firstGoodAt ??= lastByteAt
  if (it.understood) return
  it.understood = true
  it.heardAnew = true
  it.actions.push({ type: 'understood' })
}

/** Milliseconds since the start are counted in 32 bits, which last for 49 days. */
const UP_SECONDS_WRAP = 4_294_967
const WRAP_MARGIN_SECONDS = 10

/** The time since the start goes back when it has started afresh: what it knew before says nothing any more. */
function noteUpTime(it: Interpreter, upSeconds: number): void {
  const { upSeconds: before = 0 } = it
  if (upSeconds < before && before < UP_SECONDS_WRAP - WRAP_MARGIN_SECONDS) {
    forgetInstrument(it)
    it.heardAnew = true
  }
  it.upSeconds = upSeconds
}

/** The instrument has started afresh, or is another one. */
export function forgetInstrument(it: Interpreter): void {
  it.health.forget()
  it.integrity.forget()
  it.leap.forget()
  it.times.forget()
  it.upSeconds = undefined
  it.version = undefined
}

export function leapState(it: Interpreter, now: MonoNs): LeapState {
  const epoch = it.times.epoch()?.second
  if (it.tableCount.epoch !== epoch) it.tableCount = { epoch, leapSeconds: countOfTable(it, epoch) }
  return it.leap.state(now, { dated: epoch !== undefined, leapSeconds: it.tableCount.leapSeconds })
}

/** GPS time minus UTC by our own table, which is asked only for a date that it covers. */
function countOfTable({ context: { leapTable } }: Interpreter, epoch: TaiNs | undefined): number | undefined {
  if (epoch === undefined || leapTableExpired(leapTable, epoch)) return undefined
  const offset = taiMinusUtcAt(leapTable, epoch)
  return offset === undefined ? undefined : offset - TAI_MINUS_GPS_SECONDS
}

/** A sawtooth is some tens of nanoseconds high; more is not one. */
const QUANTIZATION_ERROR_PS_MAX = 1_000_000

function label(it: Interpreter, named: NamedPulse, piece: FramePiece): void {
  const { firstByteAt, lastByteAt } = piece
  const { pulse } = named
  const spoofed = it.integrity.isSpoofed(lastByteAt)
  const fix = it.health.fix(lastByteAt) === 'fix' && pulse?.notLocked !== true && !spoofed
  const utcMissing = pulse?.timeBase === 'utc' && !pulse.utcAvailable
  const { resolved } = leapState(it, lastByteAt)
  const errorPs = pulse?.quantizationErrorPs
  const sample: LabelSample = {
    kind: 'label',
    source: it.context.source,
    firstByteAt,
    lastByteAt,
    taiNs: named.second,
    names: named.names,
    valid: fix && named.trusted && resolved && !utcMissing,
    quality: fix ? 'locked' : 'unlocked',
    // A positive qErr is added to a measured pulse: the edge comes early by it.
    ...(errorPs === undefined || Math.abs(errorPs) > QUANTIZATION_ERROR_PS_MAX
      ? {}
      : { pulseLatePs: BigInt(-errorPs) }),
  }
  it.tally.labels += 1
  if (sample.valid) it.tally.labelsValid += 1
  it.actions.push({ type: 'sample', sample })
}

function refuse(it: Interpreter, fault: Fault, at: MonoNs): void {
  it.tally.piecesRefused += 1
  report(it, fault, at)
}

export function report(it: Interpreter, fault: Fault, at: MonoNs): void {
  it.tally.faults += 1
  for (const passed of it.faultLimit.offer(fault, at)) it.actions.push({ type: 'fault', fault: passed })
}
