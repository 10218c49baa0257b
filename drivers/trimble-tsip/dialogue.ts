import type { Fault } from '../../src/core/fault.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { TrimbleTsipOptions } from './options.ts'
import { commandKey, type TsipReport } from './protocol.ts'
import { encodeBroadcastMask, encodeSurvey, encodeTimeScale, NEEDED_BROADCASTS } from './settings.ts'

/**
 * What the driver asks and sets, one command at a time. Reports name what they are about, so one that comes late, or that
 * another host on the line has asked for, is taken for what it says and harms nothing.
 */
export interface Dialogue {
  readonly options: TrimbleTsipOptions
  queue: readonly Question[]
  asked: { readonly question: Question; readonly at: MonoNs; readonly tries: number } | undefined
  /** When the settings are looked at again: somebody else may change them. */
  checkAt: MonoNs | undefined
  /** How often a setting was written in this round without being read back as wanted. */
  readonly writes: Map<string, number>
  /** The receiver does not answer, though it may be talking. */
  isDeaf: boolean
  versionAskedAt: MonoNs | undefined
}

interface Question {
  readonly body: Uint8Array
  /** The report that answers it. */
  readonly answer: string
  readonly subject: 'receiver' | 'model' | 'setting'
}

const VERSION: Question = { body: Uint8Array.of(0x1f), answer: '45', subject: 'receiver' }
const BROADCASTS: Question = { body: Uint8Array.of(0x8e, 0xa5), answer: '8F-A5', subject: 'setting' }
const TIME_SCALE: Question = { body: Uint8Array.of(0x8e, 0xa2), answer: '8F-A2', subject: 'setting' }
const SURVEY: Question = { body: Uint8Array.of(0x8e, 0xa9), answer: '8F-A9', subject: 'setting' }

/** Older models refuse the component versions, newer ones the stored parameters. */
const FIRST_ROUND: readonly Question[] = [
  VERSION,
  BROADCASTS,
  TIME_SCALE,
  { body: Uint8Array.of(0x1c, 0x03), answer: '1C-83', subject: 'model' },
  { body: Uint8Array.of(0x1c, 0x01), answer: '1C-81', subject: 'model' },
  { body: Uint8Array.of(0x8e, 0x41), answer: '8F-41', subject: 'model' },
  { body: Uint8Array.of(0x8e, 0x42), answer: '8F-42', subject: 'model' },
  SURVEY,
]

const ANSWER_WITHIN_NS = 2n * NS_PER_SECOND
const TRIES_MAX = 3
/** An answer that is later than that is none. */
const LATE_ANSWER_NS = 10n * NS_PER_SECOND
const CHECK_PERIOD_NS = 15n * NS_PER_SECOND
const WRITES_MAX = 3

export function createDialogue(options: TrimbleTsipOptions): Dialogue {
  return {
    options,
    queue: FIRST_ROUND,
    asked: undefined,
    checkAt: undefined,
    writes: new Map(),
    isDeaf: false,
    versionAskedAt: undefined,
  }
}

/** Whether a version that comes at `now` was not asked for: a receiver says it when it comes up. */
export function isUnasked({ versionAskedAt }: Dialogue, now: MonoNs): boolean {
  return versionAskedAt === undefined || now > plus(versionAskedAt, LATE_ANSWER_NS)
}

/** Everything anew: the receiver has come up, or another one has taken its place. */
export function beginAfresh(dialogue: Dialogue): void {
  dialogue.queue = dialogue.asked?.question === VERSION ? FIRST_ROUND.slice(1) : FIRST_ROUND
  dialogue.asked = undefined
  dialogue.writes.clear()
}

/** When there is something to send or to give up. */
export function nextDueAt(dialogue: Dialogue, now: MonoNs): MonoNs | undefined {
  if (dialogue.asked !== undefined) return plus(dialogue.asked.at, ANSWER_WITHIN_NS)
  return dialogue.queue.length > 0 ? now : dialogue.checkAt
}

/** The body of the next command, if its time has come. Fault: `tsip.no-reply`, once until an answer comes. */
export function nextCommand(
  dialogue: Dialogue,
  now: MonoNs,
): { send: Uint8Array | undefined; faults: readonly Fault[] } {
  const faults: Fault[] = []
  const { asked } = dialogue
  if (asked !== undefined) {
    if (now < plus(asked.at, ANSWER_WITHIN_NS)) return { send: undefined, faults }
    if (asked.tries < TRIES_MAX) {
      return { send: put(dialogue, asked.question, asked.tries + 1, now), faults }
    }
    faults.push(...giveUp(dialogue, asked.question))
  }
  if (dialogue.queue.length === 0 && dialogue.checkAt !== undefined && now >= dialogue.checkAt) {
    dialogue.writes.clear()
    dialogue.queue = dialogue.isDeaf ? FIRST_ROUND : [BROADCASTS, TIME_SCALE]
  }
  const [question, ...rest] = dialogue.queue
  if (question === undefined) return { send: undefined, faults }
  dialogue.queue = rest
  return { send: put(dialogue, question, 1, now), faults }
}

function put(dialogue: Dialogue, question: Question, tries: number, now: MonoNs): Uint8Array {
  dialogue.asked = { question, at: now, tries }
  dialogue.checkAt = plus(now, CHECK_PERIOD_NS)
  if (question === VERSION) dialogue.versionAskedAt = now
  return question.body
}

function giveUp(dialogue: Dialogue, question: Question): readonly Fault[] {
  dialogue.asked = undefined
  // Some models say nothing at all to what they do not know.
  if (question.subject === 'model') return []
  if (question.subject === 'receiver') dialogue.queue = []
  const wasDeaf = dialogue.isDeaf
  dialogue.isDeaf = true
  const message = `${commandKey(question.body)}: expected ${question.answer} within 2 s, got none in ${TRIES_MAX} tries`
  return wasDeaf ? [] : [{ code: 'tsip.no-reply', message }]
}

/** What a report leads to. */
interface Taken {
  /** The receiver hears what it is asked. Its version proves nothing: it says that by itself when it comes up. */
  readonly hears: boolean
  readonly send: Uint8Array | undefined
  readonly faults: readonly Fault[]
}

/** A report has come. Fault: `tsip.setting`. */
export function takeReport(dialogue: Dialogue, key: string, report: TsipReport): Taken {
  const { asked } = dialogue
  const isAnswer = asked !== undefined && asked.question.answer === key
  const isRefused = asked !== undefined && report.type === 'refusal' && report.of === commandKey(asked.question.body)
  const hears = (isAnswer || isRefused) && asked.question !== VERSION
  if (isAnswer || isRefused) {
    dialogue.asked = undefined
    dialogue.isDeaf = false
  }
  if (!isAnswer || !dialogue.options.configure) return { hears, send: undefined, faults: [] }
  const wanted = wantedSetting(dialogue.options, report)
  if (wanted === undefined) {
    dialogue.writes.delete(key)
    return { hears, send: undefined, faults: [] }
  }
  const writes = (dialogue.writes.get(key) ?? 0) + 1
  dialogue.writes.set(key, writes)
  if (writes > WRITES_MAX) {
    const message = `${key}: expected the receiver to take ${wanted.toHex()}, got the old setting ${WRITES_MAX} times`
    return { hears, send: undefined, faults: writes === WRITES_MAX + 1 ? [{ code: 'tsip.setting', message }] : [] }
  }
  // Whether a setting is answered differs between models: it is asked for anew, and so read back.
  dialogue.queue = [asked.question, ...dialogue.queue]
  return { hears, send: wanted, faults: [] }
}

/** The command that would make a setting what it is to be; undefined when it is. */
function wantedSetting(options: TrimbleTsipOptions, report: TsipReport): Uint8Array | undefined {
  if (report.type === 'broadcast-mask') {
    const mask0 = report.mask.mask0 | NEEDED_BROADCASTS
    return mask0 === report.mask.mask0 ? undefined : encodeBroadcastMask({ ...report.mask, mask0 })
  }
  if (report.type === 'time-scale') {
    // Bit 1, the scale of the pulse, is left alone: others may use the pulse.
    const bits = (report.scale.bits & ~1) | (options.timeScale === 'utc' ? 1 : 0)
    return bits === report.scale.bits ? undefined : encodeTimeScale({ bits })
  }
  if (report.type === 'survey' && options.surveyFixes !== undefined) {
    const { survey } = report
    const isWanted = survey.enabled && survey.savesPosition && survey.fixes === options.surveyFixes
    const wanted = { ...survey, enabled: true, savesPosition: true, fixes: options.surveyFixes }
    return isWanted ? undefined : encodeSurvey(wanted)
  }
  return undefined
}
