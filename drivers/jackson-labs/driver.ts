import { utf8 } from '../../src/core/bytes.ts'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext } from '../driver.ts'
import type { NmeaPiece } from '../nmea/framer.ts'
import { parseSentence } from '../nmea/sentence.ts'
import type { ScpiEvent } from '../scpi/session.ts'
import { type Conversation, createConversation, PERIOD_NS } from './conversation.ts'
import { takeAnswer, takeRefusal } from './conversation-answers.ts'
import { noReadings, statusOf } from './health.ts'
import { createListener, disagrees } from './listening.ts'
import type { JacksonLabsOptions } from './options.ts'
import { QUERIES, type QueryName, SETUP } from './protocol.ts'
import { readPjlts, readTrace } from './reports.ts'
import { intoSecondNs, nextAskAt, WINDOW_NS } from './second-phase.ts'

/** A status is at most so old. */
const STATUS_PERIOD_NS = 60n * NS_PER_SECOND
const SILENT_AFTER_NS = 10n * NS_PER_SECOND
const SILENT_AT_FIRST_AFTER_NS = 5n * NS_PER_SECOND
/** Telling it again more often than this would only keep the line from falling quiet. */
const SET_UP_PERIOD_NS = 5n * NS_PER_SECOND
/** A contradiction is about the labels around it too. */
const DISAGREES_FOR_NS = 5n * NS_PER_SECOND
const ASKED_IN_ORDER: readonly QueryName[] = ['time', ...(Object.keys(PERIOD_NS) as QueryName[])]

/**
 * Asks a Jackson Labs instrument over its SCPI terminal, one question at a time; labels come from `PTIM:DATE?` and
 * `PTIM:TIME?` in the middle of the second that it tells. NMEA sentences and servo trace lines on the same port are taken
 * out of the conversation first. With `speaks = "nmea"` it only listens. Alarms: `jackson-labs.silent` and those of `health.ts`.
 */
export function createDriver(options: JacksonLabsOptions, context: DriverContext): Driver {
  if (options.speaks === 'nmea') return createListener(options, context)
  const talk = createConversation(options, context)
  const finish = (now: MonoNs): readonly DriverAction[] => {
    const { disagreedAt } = talk
    talk.readings.sentencesDisagree = disagreedAt !== undefined && between(disagreedAt, now) < DISAGREES_FOR_NS
    askNext(talk, now)
    reportStatus(talk, now)
    const { actions } = talk
    talk.actions = []
    return actions
  }
  const begin = (now: MonoNs): void => {
    if (talk.silentAt !== undefined) return
    talk.silentAt = plus(now, SILENT_AT_FIRST_AFTER_NS)
    setUp(talk, now)
  }
  return {
    receive(bytes, receivedAt) {
      begin(receivedAt)
      for (const part of talk.stream.receive(bytes, receivedAt)) {
        if (part.type === 'conversation') take(talk, talk.session.receive(part.bytes, part.at), receivedAt)
        else if (part.type === 'sentence') hear(talk, part.piece)
        else noteReport(talk, readTrace(part.text))
      }
      return finish(receivedAt)
    },
    wake(now) {
      begin(now)
      take(talk, talk.session.wake(now), now)
      return finish(now)
    },
    nextWakeAt: () => nextWakeAt(talk),
  }
}

/** Turns the prompt on and the echo off. What the instrument says to that is drained with everything else. */
function setUp(talk: Conversation, now: MonoNs): void {
  if (talk.setUpAt !== undefined && between(talk.setUpAt, now) < SET_UP_PERIOD_NS) return
  talk.setUpAt = now
  talk.actions.push({ type: 'write', bytes: utf8(SETUP) })
}

function take(talk: Conversation, events: readonly ScpiEvent[], now: MonoNs): void {
  for (const event of events) takeEvent(talk, event, now)
}

function takeEvent(talk: Conversation, event: ScpiEvent, now: MonoNs): void {
  if (event.type !== 'reply') {
    talk.actions.push(event)
    if (event.type !== 'fault') return
    talk.asking = undefined
    setUp(talk, now)
    return
  }
  if (isSilent(talk, now)) talk.readings = noReadings()
  talk.silentAt = plus(now, SILENT_AFTER_NS)
  if (!talk.understood) talk.actions.push({ type: 'understood' })
  talk.understood = true
  const name = event.request === QUERIES.identity ? 'identity' : talk.asked
  if (event.lines.length > 0) takeAnswer(talk, name, event.lines, now)
  else if (event.errorCode !== 0) takeRefusal(talk, name, now)
  else talk.asking = undefined
}

function hear(talk: Conversation, piece: NmeaPiece): void {
  const { readings, reader } = talk
  const sentence = piece.kind === 'sentence' ? parseSentence(piece.text, false) : undefined
  if (piece.kind !== 'sentence' || sentence?.ok !== true) {
    readings.piecesDamaged += 1
    return
  }
  readings.sentences += 1
  if (sentence.value.address === 'PJLTS') noteReport(talk, readPjlts(sentence.value))
  else {
    const other = disagrees(sentence.value, piece.firstByteAt, reader.last, reader.table)
    if (other === true) talk.disagreedAt = piece.lastByteAt
  }
}

function noteReport({ readings }: Conversation, report: ReturnType<typeof readTrace>): void {
  if (report !== undefined) readings.report = report
}

function askNext(talk: Conversation, now: MonoNs): void {
  if (!talk.session.isReady()) return
  const name = nextQuestion(talk, now)
  if (name === undefined) return
  talk.asked = name
  const periodNs = PERIOD_NS[name]
  if (periodNs !== undefined) talk.dueAt.set(name, plus(now, periodNs))
  // The search goes on from its answer, and this long after it if none comes.
  else if (name === 'time' && talk.asking === undefined) talk.dueAt.set(name, plus(now, NS_PER_SECOND))
  take(talk, talk.session.send(QUERIES[name], now), now)
}

function nextQuestion(talk: Conversation, now: MonoNs): QueryName | undefined {
  const { asking, labelDueAt, phase, dueAt } = talk
  if (asking !== undefined) return asking.dateBefore !== undefined && asking.time === undefined ? 'time' : 'date'
  if (labelDueAt !== undefined && labelDueAt <= now) {
    const into = intoSecondNs(phase, now) ?? 0n
    talk.labelDueAt = nextAskAt(phase, now)
    if (into >= WINDOW_NS.from && into <= WINDOW_NS.asked) {
      talk.asking = { dateBefore: undefined, time: undefined }
      return 'date'
    }
  }
  return ASKED_IN_ORDER.find((name) => (dueAt.get(name) ?? plus(now, 1n)) <= now)
}

function isSilent(talk: Conversation, now: MonoNs): boolean {
  return talk.silentAt !== undefined && now >= talk.silentAt
}

function reportStatus(talk: Conversation, now: MonoNs): void {
  const status = statusOf(talk.readings, isSilent(talk, now))
  // What changes every second is no news.
  const text = JSON.stringify({ ...status, details: { ...status.details, ...STEADY } })
  if (text === talk.status?.text && between(talk.status.at, now) < STATUS_PERIOD_NS) return
  talk.status = { text, at: now }
  talk.actions.push({ type: 'status', status })
}

const STEADY = { holdoverSeconds: 0, sentences: 0, piecesDamaged: 0, loopPhaseNs: 0 }

function nextWakeAt(talk: Conversation): MonoNs | undefined {
  const { session, silentAt, status, labelDueAt, dueAt } = talk
  if (silentAt === undefined || status === undefined) return monoNs(0n)
  const instants = [
    plus(status.at, STATUS_PERIOD_NS),
    // Once the alarm is in the status there is nothing more to wait for.
    ...(silentAt > status.at ? [silentAt] : []),
    session.nextWakeAt(),
    ...(session.isReady() ? [labelDueAt, ...dueAt.values()] : []),
  ]
  return instants.reduce((first, at) => (first === undefined || (at !== undefined && at < first) ? at : first))
}
