import type { Fault } from '../../src/core/fault.ts'
import type { LabelSample, SampleQuality } from '../../src/core/sample.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction, DriverContext } from '../driver.ts'
import { createFaultLimit, type FaultLimit } from '../gnss/fault-limit.ts'
import { damagedSentenceFault } from '../nmea/damaged-piece.ts'
import type { DamagedPiece, NmeaPiece, SentencePiece } from '../nmea/framer.ts'
import { parseSentence } from '../nmea/sentence.ts'
import { readingToTai, type Timescale } from '../nmea/timescale.ts'
import type { ToldAlarm } from '../nmea/told.ts'
import { createHealth, type Fix, type Health } from './health.ts'
import { createHearsay, type Hearsay } from './hearsay.ts'
import { createLabelJudge, type LabelJudge, type LabelReading } from './label-judge.ts'
import { createLabels, type Labels } from './labels.ts'
import { checkLeap } from './leap-check.ts'
import type { NmeaReceiverOptions } from './options.ts'
import { type NmeaMessage, parseMessage } from './protocol.ts'
import { createTally, type Tally } from './tally.ts'

/** Everything that is known of one instrument, and the actions that what it said gave rise to. */
export interface Interpreter {
  readonly options: NmeaReceiverOptions
  readonly context: DriverContext
  readonly health: Health
  readonly hearsay: Hearsay
  readonly judge: LabelJudge
  readonly labels: Labels
  readonly faultLimit: FaultLimit
  readonly tally: Tally
  /** Collected until the driver hands them out. */
  actions: DriverAction[]
  /** When the latest sentence with a right checksum ended. */
  lastSentenceAt: MonoNs | undefined
  /** Whether it has been said that the line's settings are right. */
  isUnderstood: boolean
}

export function createInterpreter(options: NmeaReceiverOptions, context: DriverContext): Interpreter {
  const judge = createLabelJudge(options, context.leapTable)
  return {
    options,
    context,
    health: createHealth(),
    hearsay: createHearsay(),
    judge,
    labels: createLabels(judge),
    faultLimit: createFaultLimit('nmea.faults-suppressed'),
    tally: createTally(),
    actions: [],
    lastSentenceAt: undefined,
    isUnderstood: false,
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
  if (!it.isUnderstood) {
    it.isUnderstood = true
    it.actions.push({ type: 'understood' })
  }
  it.health.note(message.value, lastByteAt)
  if (message.value.type === 'told') it.hearsay.note(message.value.told, lastByteAt)
  countOrLabel(it, sentence.value.address, message.value, piece)
}

function countOrLabel(it: Interpreter, address: string, message: NmeaMessage, piece: SentencePiece): void {
  const { options, tally } = it
  if (message.type === 'other') tally.sentencesOther += 1
  else if (message.type === 'rmc' || message.type === 'zda') {
    if (message.reading === undefined) tally.sentencesWithoutTime += 1
    // ZDA has no word on its validity: that of RMC, or else GGA, stands for it. For RMC it is its own word.
    else label(it, piece, { type: message.type, address, reading: message.reading, scale: options.timescale })
  } else if (message.type !== 'told') tally.sentencesHealth += 1
  else if (message.told.time !== undefined) {
    const { reading, scale, believed } = message.told.time
    const declared = message.told.topic === 'PTNTA' ? options.ptntaTimescale : scale
    label(it, piece, { type: message.told.topic, address, reading, scale: declared ?? options.timescale, believed })
  } else if (message.told.pulseLatePs === undefined) tally.sentencesHealth += 1
  else {
    // A correction that comes after its labels is told with the last of them once more.
    const sample = it.labels.correct(message.told.pulseLatePs, piece)
    if (sample === undefined) tally.sentencesHealth += 1
    else pushLabel(it, sample)
  }
}

type Named = Omit<LabelReading, 'taiNs' | 'firstByteAt'> & { readonly believed?: boolean | 'by-fix' }

function label(it: Interpreter, piece: SentencePiece, named: Named): void {
  const { firstByteAt, lastByteAt, line } = piece
  const { options, context, judge } = it
  const tai = readingToTai(named.reading, named.scale, context.leapTable)
  if (!tai.ok) {
    refuse(it, { code: 'nmea.no-such-time', message: `${named.address}: ${tai.fault.message}` }, line, lastByteAt)
    return
  }
  const believed = named.believed ?? 'by-fix'
  const fix = believed === 'by-fix' ? fixOf(it, lastByteAt, FIX_BELIEVED_NS) === 'fix' : believed
  const judged = fix ? judge.judge({ ...named, taiNs: tai.value, firstByteAt }) : { taiNs: tai.value, faults: [] }
  for (const fault of judged.faults) report(it, fault, line, lastByteAt)
  if (named.scale !== 'gps') it.labels.lastTaiNs = judged.taiNs
  const doubted = it.hearsay.isInDoubt(lastByteAt) || leapAlarms(it, lastByteAt, named.scale).length > 0
  const trusted = judged.faults.length === 0 && !judge.isInDoubt(lastByteAt) && !doubted
  const { nanosecond } = named.reading
  const valid = fix && trusted && namesOnePulse(nanosecond, options.names)
  pushLabel(
    it,
    it.labels.make({
      kind: 'label',
      source: context.source,
      firstByteAt,
      lastByteAt,
      taiNs: plus(judged.taiNs, BigInt(-nanosecond)),
      names: options.names,
      valid,
      quality: qualityOf(it, fix ? 'fix' : 'no-fix', lastByteAt),
    }),
  )
}

function pushLabel(it: Interpreter, sample: LabelSample): void {
  it.tally.labels += 1
  if (sample.valid) it.tally.labelsValid += 1
  it.actions.push({ type: 'sample', sample })
}

/** A burst, and the one before it, if the sentences of a burst are sent in another order. */
const FIX_BELIEVED_NS = 2n * NS_PER_SECOND

/**
 * Whether there is a fix. The makers' own words count too, and any of them that denies it is heard. Jackson Labs fill
 * GGA's quality with a state of their oscillator.
 */
export function fixOf(it: Interpreter, now: MonoNs, believedNs: bigint): Fix {
  const told = it.hearsay.fix(now, believedNs)
  if (told === false) return 'no-fix'
  const fix = it.health.fix(now, believedNs, !it.hearsay.knows('PJLTS', now))
  return fix === 'unknown' && told === true ? 'fix' : fix
}

/** What carries the pulse: the sky, or where an instrument has one, its own oscillator. */
export function qualityOf(it: Interpreter, fix: 'fix' | 'no-fix', now: MonoNs): SampleQuality {
  const told = it.hearsay.quality(now)
  if (fix === 'fix') return told ?? 'locked'
  return told === 'holdover' ? 'holdover' : 'unlocked'
}

/** What its leap count says against labels of the scale. */
function leapAlarms({ hearsay, labels, context }: Interpreter, now: MonoNs, scale: Timescale): readonly ToldAlarm[] {
  return checkLeap(hearsay.leap(now), scale, labels.lastTaiNs, context.leapTable)
}

/** All that is to be told, by code, with its reason: of the makers' own sentences, of the judge, and of the sky. */
export function alarmsOf(it: Interpreter, now: MonoNs): ReadonlyMap<string, string> {
  const told = [...it.hearsay.alarms(now), ...leapAlarms(it, now, it.options.timescale), ...it.judge.alarms(now)]
  return new Map([...told.map(({ code, reason }) => [code, reason] as const), ...it.health.integrity.alarms(now)])
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
  if (piece.kind !== 'noise') return damagedSentenceFault(piece)
  return { code: 'nmea.noise', message: `expected sentences, got ${piece.bytes} bytes in which none begins` }
}
