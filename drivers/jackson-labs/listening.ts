import { min } from '../../src/core/integer.ts'
import { utcToTai } from '../../src/core/leap.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { between, type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext } from '../driver.ts'
import { createFaultLimit } from '../gnss/fault-limit.ts'
import type { NmeaPiece } from '../nmea/framer.ts'
import { type NmeaSentence, parseSentence } from '../nmea/sentence.ts'
import { noReadings, qualityOf, type Readings, statusOf } from './health.ts'
import { floorOf, type LabelReader, readLabel } from './labels.ts'
import type { JacksonLabsOptions } from './options.ts'
import { readPjlts, readTrace } from './reports.ts'
import { readSentenceTime } from './sentence-time.ts'
import { createStream } from './stream.ts'

const STATUS_PERIOD_NS = 60n * NS_PER_SECOND
const SILENT_AFTER_NS = 5n * NS_PER_SECOND
/** The loop's word of so long ago is none. */
const REPORT_BELIEVED_NS = 120n * NS_PER_SECOND

interface Ear {
  readonly options: JacksonLabsOptions
  readonly context: DriverContext
  /** A receiver says the same second in several sentences: each has a reader of its own. Talkers are few. */
  readonly readers: Map<string, LabelReader>
  readonly faultLimit: ReturnType<typeof createFaultLimit>
  readonly readings: Readings
  reportAt: MonoNs | undefined
  sentenceAt: MonoNs | undefined
  understood: boolean
  status: { readonly text: string; readonly at: MonoNs } | undefined
  actions: DriverAction[]
}

/** Of an instrument that sends NMEA and takes no questions on this port: labels from RMC and ZDA, the loop from `$PJLTS`. */
export function createListener(options: JacksonLabsOptions, context: DriverContext): Driver {
  const stream = createStream()
  const ear: Ear = {
    options,
    context,
    readers: new Map(),
    faultLimit: createFaultLimit('jackson-labs.faults-suppressed'),
    readings: noReadings(),
    reportAt: undefined,
    sentenceAt: undefined,
    understood: false,
    status: undefined,
    actions: [],
  }
  const finish = (now: MonoNs): readonly DriverAction[] => {
    ear.sentenceAt ??= now
    for (const fault of ear.faultLimit.expire(now)) ear.actions.push({ type: 'fault', fault })
    if (ear.reportAt !== undefined && between(ear.reportAt, now) > REPORT_BELIEVED_NS) ear.readings.report = undefined
    reportStatus(ear, now)
    const { actions } = ear
    ear.actions = []
    return actions
  }
  return {
    receive(bytes, receivedAt) {
      for (const part of stream.receive(bytes, receivedAt)) {
        if (part.type === 'sentence') hear(ear, part.piece, receivedAt)
        else if (part.type === 'trace') noteReport(ear, readTrace(part.text), receivedAt)
      }
      return finish(receivedAt)
    },
    wake: finish,
    nextWakeAt() {
      const { status, sentenceAt } = ear
      if (status === undefined || sentenceAt === undefined) return monoNs(0n)
      const silentAt = plus(sentenceAt, SILENT_AFTER_NS)
      const awaited = [silentAt > status.at ? silentAt : undefined, ear.faultLimit.nextAt()]
      return awaited.filter((at) => at !== undefined).reduce(min, plus(status.at, STATUS_PERIOD_NS))
    },
  }
}

function hear(ear: Ear, piece: NmeaPiece, now: MonoNs): void {
  const sentence = piece.kind === 'sentence' ? parseSentence(piece.text, false) : undefined
  if (piece.kind !== 'sentence' || sentence === undefined) {
    ear.readings.piecesDamaged += 1
    complain(ear, { code: `nmea.${piece.kind}`, message: 'expected whole sentences' }, piece.line, now)
    return
  }
  if (!sentence.ok) {
    ear.readings.piecesDamaged += 1
    complain(ear, sentence.fault, piece.line, now)
    return
  }
  ear.readings.sentences += 1
  ear.sentenceAt = now
  if (!ear.understood) ear.actions.push({ type: 'understood' })
  ear.understood = true
  if (sentence.value.address === 'PJLTS') noteReport(ear, readPjlts(sentence.value), now)
  else label(ear, sentence.value, piece, now)
}

function noteReport(ear: Ear, report: Readings['report'], now: MonoNs): void {
  if (report === undefined) return
  ear.readings.report = report
  ear.reportAt = now
}

function label(
  ear: Ear,
  sentence: NmeaSentence,
  { firstByteAt, lastByteAt, line }: Extract<NmeaPiece, { kind: 'sentence' }>,
  now: MonoNs,
): void {
  const { readings, context, options } = ear
  const told = readSentenceTime(sentence)
  if (!told.ok) complain(ear, told.fault, line, now)
  if (!told.ok || told.value === undefined) return
  const { date, time, isValid } = told.value
  if (isValid !== undefined) readings.rmcIsValid = isValid
  const read = readLabel(readerOf(ear, sentence.address), date, time, firstByteAt)
  if (!read.ok) {
    complain(ear, read.fault, line, now)
    return
  }
  const isFresh = readings.rmcIsValid === true
  for (const fault of isFresh ? read.value.faults : []) complain(ear, fault, line, now)
  const quality = qualityOf(readings)
  const sample: LabelSample = {
    kind: 'label',
    source: context.source,
    firstByteAt,
    lastByteAt,
    taiNs: read.value.taiNs,
    names: options.names,
    // The loop in holdover carries a time that the receiver no longer vouches for.
    valid: read.value.isBelieved && time.nanosecond === 0 && (isFresh || quality === 'holdover'),
    quality: quality === 'unknown' ? 'unlocked' : quality,
  }
  ear.actions.push({ type: 'sample', sample })
}

function readerOf({ readers, context, options }: Ear, address: string): LabelReader {
  const known = readers.get(address)
  if (known !== undefined) return known
  const table = context.leapTable
  const reader: LabelReader = { table, floor: floorOf(options.floorDate, table), last: undefined }
  readers.set(address, reader)
  return reader
}

function complain(
  ear: Ear,
  fault: { readonly code: string; readonly message: string },
  line: number,
  now: MonoNs,
): void {
  for (const passed of ear.faultLimit.offer({ ...fault, line }, now)) ear.actions.push({ type: 'fault', fault: passed })
}

function reportStatus(ear: Ear, now: MonoNs): void {
  const silent = ear.sentenceAt !== undefined && between(ear.sentenceAt, now) >= SILENT_AFTER_NS
  const status = statusOf(ear.readings, silent)
  // The counts alone are no news.
  const text = JSON.stringify({ ...status, details: { ...status.details, sentences: 0, loopPhaseNs: 0 } })
  if (text === ear.status?.text && between(ear.status.at, now) < STATUS_PERIOD_NS) return
  ear.status = { text, at: now }
  ear.actions.push({ type: 'status', status })
}

/** Whether a sentence of the conversation's port tells another second than the labels do. */
export function disagrees(
  sentence: NmeaSentence,
  at: MonoNs,
  last: LabelReader['last'],
  table: LabelReader['table'],
): boolean | undefined {
  const told = readSentenceTime(sentence)
  if (!told.ok || told.value === undefined || told.value.isValid === false || last === undefined) return undefined
  const tai = utcToTai(table, { ...told.value.date, ...told.value.time })
  if (!tai.ok) return undefined
  const offNs = between(last.at, at) - between(last.taiNs, tai.value)
  return offNs > BEHIND_NS_MAX || offNs < -AHEAD_NS_MAX
}

/**
 * The label was asked for about half a second into its second, and a sentence comes within six tenths after its pulse: from
 * one to the other it goes on by 0.15 s more than the times say to 0.95 s less.
 */
const BEHIND_NS_MAX = 350n * NS_PER_MILLISECOND
const AHEAD_NS_MAX = NS_PER_SECOND
