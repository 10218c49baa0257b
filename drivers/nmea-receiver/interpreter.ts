import { unreachable } from '../../src/core/assert.ts'
import type { Fault } from '../../src/core/fault.ts'
import { type UtcTime, utcToTai } from '../../src/core/leap.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction, DriverContext } from '../driver.ts'
import { createFaultLimit, type FaultLimit } from '../gnss/fault-limit.ts'
import { type DamagedPiece, type NmeaPiece, SENTENCE_CHARACTERS_MAX, type SentencePiece } from '../nmea/framer.ts'
import { type NmeaSentence, parseSentence } from '../nmea/sentence.ts'
import { createHealth, type Health } from './health.ts'
import { createLabelJudge, type LabelJudge } from './label-judge.ts'
import type { NmeaReceiverOptions } from './options.ts'
import { type NmeaMessage, parseMessage } from './protocol.ts'
import { createTally, type Tally } from './tally.ts'

/** Everything that is known of one instrument, and the actions that what it said gave rise to. */
export interface Interpreter {
  readonly options: NmeaReceiverOptions
  readonly context: DriverContext
  readonly health: Health
  readonly judge: LabelJudge
  readonly faultLimit: FaultLimit
  readonly tally: Tally
  /** Collected until the driver hands them out. */
  actions: DriverAction[]
  /** When the latest sentence with a right checksum ended. */
  lastSentenceAt: MonoNs | undefined
}

export function createInterpreter(options: NmeaReceiverOptions, context: DriverContext): Interpreter {
  return {
    options,
    context,
    health: createHealth(),
    judge: createLabelJudge(options, context.leapTable),
    faultLimit: createFaultLimit('nmea.faults-suppressed'),
    tally: createTally(),
    actions: [],
    lastSentenceAt: undefined,
  }
}

/** Turns what the framer cut into samples and faults: each piece is accounted for exactly once. */
export function interpret(it: Interpreter, pieces: readonly NmeaPiece[], at: MonoNs): void {
  for (const piece of pieces) {
    it.tally.pieces += 1
    if (piece.kind === 'sentence') interpretSentence(it, piece)
    else refuse(it, pieceFault(piece), piece.line, at)
  }
}

function interpretSentence(it: Interpreter, piece: SentencePiece): void {
  const { firstByteAt, lastByteAt, line, text } = piece
  const sentence = parseSentence(text, it.options.allowMissingChecksum)
  if (!sentence.ok) {
    refuse(it, sentence.fault, line, lastByteAt)
    return
  }
  it.lastSentenceAt = lastByteAt
  it.judge.note(firstByteAt, lastByteAt)
  const message = parseMessage(sentence.value)
  if (!message.ok) {
    refuse(it, message.fault, line, lastByteAt)
    return
  }
  it.health.note(message.value, lastByteAt)
  countOrLabel(it, sentence.value, message.value, piece)
}

function countOrLabel(it: Interpreter, sentence: NmeaSentence, message: NmeaMessage, piece: SentencePiece): void {
  const { tally } = it
  if (message.type === 'other') tally.sentencesOther += 1
  else if (message.type !== 'rmc' && message.type !== 'zda') tally.sentencesHealth += 1
  else if (message.utc === undefined) tally.sentencesWithoutTime += 1
  else label(it, sentence, message.type, message.utc, piece)
}

/** A burst, and the one before it, if the sentences of a burst are sent in another order. */
const FIX_BELIEVED_NS = 2n * NS_PER_SECOND

function label(it: Interpreter, sentence: NmeaSentence, type: 'rmc' | 'zda', utc: UtcTime, piece: SentencePiece): void {
  const { firstByteAt, lastByteAt, line } = piece
  const { options, context, judge, tally } = it
  const { address } = sentence
  const tai = utcToTai(context.leapTable, utc)
  if (!tai.ok) {
    refuse(it, { code: 'nmea.no-such-time', message: `${address}: ${tai.fault.message}` }, line, lastByteAt)
    return
  }
  // ZDA has no word on its validity: that of RMC, or else GGA, stands for it. For RMC it is its own word.
  const fix = it.health.fix(lastByteAt, FIX_BELIEVED_NS) === 'fix'
  const faults = fix ? judge.judge({ type, address, utc, taiNs: tai.value, firstByteAt }) : []
  for (const fault of faults) report(it, fault, line, lastByteAt)
  const trusted = faults.length === 0 && !judge.alarms(lastByteAt).includes('nmea.disagree')
  const sample: LabelSample = {
    kind: 'label',
    source: context.source,
    firstByteAt,
    lastByteAt,
    taiNs: plus(tai.value, BigInt(-utc.nanosecond)),
    names: options.names,
    valid: fix && trusted && namesOnePulse(utc.nanosecond, options.names),
    quality: fix ? 'locked' : 'unlocked',
  }
  tally.labels += 1
  if (sample.valid) tally.labelsValid += 1
  it.actions.push({ type: 'sample', sample })
}

/**
 * A sentence that carries decimals belongs to an epoch within its second. Below this it starts, with all the latency
 * of a slow line, before the next pulse; above, the pulse that precedes its first byte may be the next second's.
 */
const DECIMALS_NS_MAX = 500_000_000

/** A `following-pulse` instrument announces whole seconds only. */
function namesOnePulse(nanosecond: number, names: NmeaReceiverOptions['names']): boolean {
  return names === 'following-pulse' ? nanosecond === 0 : nanosecond < DECIMALS_NS_MAX
}

function refuse(it: Interpreter, fault: Fault, line: number, at: MonoNs): void {
  it.tally.piecesRefused += 1
  report(it, fault, line, at)
}

function report(it: Interpreter, fault: Fault, line: number, at: MonoNs): void {
  it.tally.faults += 1
  for (const passed of it.faultLimit.offer({ ...fault, line }, at)) it.actions.push({ type: 'fault', fault: passed })
}

function pieceFault(piece: DamagedPiece): Fault {
  switch (piece.kind) {
    case 'noise':
      return { code: 'nmea.noise', message: `expected sentences, got ${piece.bytes} bytes in which none begins` }
    case 'cut':
      return {
        code: 'nmea.cut',
        message: `expected all of a sentence, got ${begin(piece.text)} and then another or none`,
      }
    case 'oversize': {
      const message = `expected at most ${SENTENCE_CHARACTERS_MAX} characters, got more from ${begin(piece.text)} on`
      return { code: 'nmea.oversize', message }
    }
    default:
      return unreachable(piece)
  }
}

function begin(text: string): string {
  return `"${text.slice(0, 20)}…"`
}
