import type { Fault, Result } from '../../src/core/fault.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { ScpiLine } from '../scpi/framing.ts'
import { parseControlPercent, parseReceiver, parseSynchronization } from './blocks.ts'
import { beginAgain, type Conversation } from './conversation.ts'
import { noReadings, qualityOf, type Readings } from './health.ts'
import { readLabel } from './labels.ts'
import {
  type Identity,
  parseCount,
  parseDate,
  parseFlag,
  parseHealth,
  parseHoldover,
  parseIdentity,
  parseNanoseconds,
  parseTime,
  QUERIES,
  type QueryName,
} from './protocol.ts'
import { intoSecondNs, isFound, nextAskAt, noteSearch, searchPeriodNs, standsStill, WINDOW_NS } from './second-phase.ts'

const TAI_MINUS_GPS_SECONDS = 19
/** What was refused is asked again, but not all the time. */
const AFTER_REFUSAL_NS = 10n * NS_PER_SECOND

type Take = (talk: Conversation, text: string) => Fault | undefined

const TAKES: Readonly<Partial<Record<QueryName, Take>>> = {
  serial: keep((text) => ({ ok: true, value: text.trim() }), 'serial'),
  locked: keep(parseFlag, 'isLocked'),
  health: keep(parseHealth, 'health'),
  holdover: keep(parseHoldover, 'holdover'),
  timeInterval: keep(parseNanoseconds, 'timeIntervalNs'),
  satellitesTracked: (talk, text) => {
    const fault = keep(parseCount, 'satellitesTracked')(talk, text)
    noteDeafness(talk.readings)
    return fault
  },
  satellitesVisible: keep(parseCount, 'satellitesVisible'),
  leapSeconds: keep((text) => {
    const count = parseCount(text)
    return count.ok ? { ok: true, value: TAI_MINUS_GPS_SECONDS + count.value } : count
  }, 'taiMinusUtcSeconds'),
}

/** Takes the lines with which the instrument answered; there is at least one. */
export function takeAnswer(talk: Conversation, name: QueryName, lines: readonly ScpiLine[], now: MonoNs): void {
  const [line] = lines
  if (line === undefined) return
  const texts = lines.map(({ text }) => text)
  if (name === 'identity') complain(talk, name, takeIdentity(talk, line.text, now), line)
  else if (name === 'date' || name === 'time') takeTimeOfDay(talk, name, line, now)
  else if (name === 'synchronization') talk.readings.synchronization = parseSynchronization(texts)
  else if (name === 'receiver') talk.readings.receiver = parseReceiver(texts)
  else if (name === 'diagnosis') talk.readings.efcPercent = parseControlPercent(texts)
  else complain(talk, name, TAKES[name]?.(talk, line.text), line)
}

/** `Command Error`: what it said before no longer holds. */
export function takeRefusal(talk: Conversation, name: QueryName, now: MonoNs): void {
  const { readings, asking } = talk
  talk.asking = undefined
  if (name === 'date' || name === 'time') {
    // A label that was refused is asked for in the next second; the search goes on after one.
    if (asking === undefined) talk.dueAt.set('time', plus(now, NS_PER_SECOND))
    return
  }
  talk.dueAt.set(name, plus(now, AFTER_REFUSAL_NS))
  if (name === 'locked') readings.isLocked = undefined
  else if (name === 'holdover') readings.holdover = undefined
  else if (name === 'health') readings.health = undefined
  else if (name === 'timeInterval') readings.timeIntervalNs = undefined
  else if (name === 'satellitesTracked') readings.satellitesTracked = undefined
}

function keep<Name extends keyof Readings>(parse: (text: string) => Result<Readings[Name]>, name: Name): Take {
  return ({ readings }, text) => {
    const value = parse(text)
    if (!value.ok) return value.fault
    readings[name] = value.value
    return undefined
  }
}

function takeIdentity(talk: Conversation, text: string, now: MonoNs): Fault | undefined {
  const identity: Result<Identity> = parseIdentity(text)
  if (!identity.ok) return identity.fault
  const before = talk.readings.identity
  const isSame = before?.model === identity.value.model && before.firmware === identity.value.firmware
  if (!isSame) talk.readings = noReadings()
  talk.readings.identity = identity.value
  beginAgain(talk, now)
  return undefined
}

function noteDeafness(readings: Readings): void {
  const isDeaf = readings.isLocked === true && readings.holdover?.lasts !== true && readings.satellitesTracked === 0
  readings.deafReadings = isDeaf ? readings.deafReadings + 1 : 0
}

function takeTimeOfDay(talk: Conversation, name: 'date' | 'time', line: ScpiLine, now: MonoNs): void {
  const { asking, phase } = talk
  if (asking === undefined) {
    if (name === 'time') search(talk, line, now)
  } else if (asking.dateBefore === undefined) talk.asking = { dateBefore: line.text, time: undefined }
  else if (asking.time === undefined) talk.asking = { ...asking, time: line }
  else {
    talk.asking = undefined
    if (asking.dateBefore === line.text) label(talk, line.text, asking.time)
    if (isFound(phase, now)) talk.labelDueAt = nextAskAt(phase, now)
    else {
      talk.labelDueAt = undefined
      talk.dueAt.set('time', now)
    }
  }
}

function search(talk: Conversation, line: ScpiLine, now: MonoNs): void {
  const { phase } = talk
  noteSearch(phase, line.text, line.firstByteAt)
  talk.readings.isStuck = standsStill(phase, now)
  if (isFound(phase, now)) {
    talk.dueAt.delete('time')
    talk.labelDueAt = nextAskAt(phase, now)
  } else talk.dueAt.set('time', plus(now, searchPeriodNs(phase, now)))
}

/** A time that is not of the middle of its displayed second is given up without a word: another comes in a second. */
function label(talk: Conversation, dateText: string, line: ScpiLine): void {
  const { readings, phase, reader, context, options } = talk
  const into = intoSecondNs(phase, line.firstByteAt)
  if (into === undefined || into < WINDOW_NS.from || into > WINDOW_NS.to) return
  const quality = qualityOf(readings)
  const [date, time] = [parseDate(dateText), parseTime(line.text)]
  if (!date.ok || !time.ok) {
    complain(talk, date.ok ? 'time' : 'date', date.ok ? faultOf(time) : date.fault, line)
    return
  }
  const read = readLabel(reader, date.value, time.value, line.firstByteAt)
  // Before its first fix an instrument may tell a date that is none.
  if (!read.ok) {
    if (quality !== 'unlocked') complain(talk, 'date', read.fault, line)
    return
  }
  readings.isStuck = read.value.faults.some(({ code }) => code === 'jackson-labs.stuck-second')
  readings.isRolledOver = read.value.faults.some(({ code }) => code === 'jackson-labs.week-rollover')
  if (quality !== 'unlocked') for (const fault of read.value.faults) complain(talk, 'time', fault, line)
  const sample: LabelSample = {
    kind: 'label',
    source: context.source,
    firstByteAt: line.firstByteAt,
    lastByteAt: line.lastByteAt,
    taiNs: read.value.taiNs,
    names: options.names,
    valid: read.value.isBelieved && (quality === 'locked' || quality === 'holdover') && !readings.sentencesDisagree,
    quality: quality === 'unknown' ? 'unlocked' : quality,
  }
  talk.actions.push({ type: 'sample', sample })
}

function faultOf(result: Result<unknown>): Fault | undefined {
  return result.ok ? undefined : result.fault
}

function complain(talk: Conversation, name: QueryName, fault: Fault | undefined, line: ScpiLine): void {
  if (fault === undefined) return
  const message = `${QUERIES[name].command}: ${fault.message}`
  talk.actions.push({ type: 'fault', fault: { code: fault.code, message, line: line.number } })
}
