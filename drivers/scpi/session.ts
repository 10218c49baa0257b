import { assert } from '../../src/core/assert.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { between, type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import { createScpiFramer, type ScpiFrame, type ScpiFramer, type ScpiLine } from './framing.ts'

/**
 * The host's side of an instrument that is asked in lines of text: one request at a time, the echo taken off where there is
 * one. A SCPI terminal ends every reply with its prompt; of an instrument without one the request says how many lines
 * its answer has. Replies carry no number, so after a missed one everything would be read one behind.
 * Hence the rule: whenever question and answer may have come apart (no reply in time, a reply that is none, bytes that
 * nobody asked for) the line is drained until it is quiet, an empty line is sent where there is a prompt, which must bring
 * it bare and nothing else, then the probe, whose answer no other request has. Only then is the next request sent. A reply is so
 * never taken for another's as long as the instrument answers in order and, once it answers again after a pause of any
 * length, works off what has piled up without pausing for longer than `QUIET_NS`. `*CLS` would be quicker, but it
 * clears the registers that light the alarm lamp and hides from the operator what happened.
 */
export interface ScpiSession {
  receive(bytes: Uint8Array, at: MonoNs): readonly ScpiEvent[]
  wake(now: MonoNs): readonly ScpiEvent[]
  nextWakeAt(): MonoNs | undefined
  /** Whether a request may be sent. */
  isReady(): boolean
  /** Sends a request; the session must be ready. */
  send(request: ScpiRequest, now: MonoNs): readonly ScpiEvent[]
}

export interface ScpiRequest {
  /** Printable ASCII without its line end and without `;`, which would ask two things at once. */
  readonly command: string
  /** How long the whole reply may take. */
  readonly replyWithinNs: bigint
  /** Without a prompt: how many lines that are not blank make the answer, default 1. 0: it is not answered. */
  readonly replyLines?: number
  /** Whether these lines can be an answer to the command at all; if not, question and answer have come apart. */
  accepts(lines: readonly string[]): boolean
}

export type ScpiEvent =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** No lines: a bare prompt, the instrument refused. The probe's reply says that the session is in step again. */
  | {
      readonly type: 'reply'
      readonly request: ScpiRequest
      readonly lines: readonly ScpiLine[]
      readonly errorCode: number
    }
  /** Codes `scpi.no-reply`, `scpi.bad-reply`, `scpi.unsolicited`, `scpi.babble`. */
  | { readonly type: 'fault'; readonly fault: DriverFault }
  | { readonly type: 'reset'; readonly reason: string }

export interface ScpiSessionConfig {
  readonly probe: ScpiRequest
  /** Longest line that is kept, and most lines in one reply. */
  readonly lineLengthMax: number
  readonly linesMax: number
  /** Default: a SCPI terminal. */
  readonly dialect?: Dialect
}

/** How an instrument speaks. */
export interface Dialect {
  readonly replyEnd: 'prompt' | 'lines'
  /** What ends a command; default CR. */
  readonly commandEnd?: string
  /** The code of the error that a line reports instead of an answer; undefined for any other line. */
  refusal?(line: string): number | undefined
}

/** Longer than the 1 s by which a reply may wait for the instrument's tick, and than the 0.6 s after which one greets. */
export const QUIET_NS = 1_200n * NS_PER_MILLISECOND
const NUDGE_REPLY_WITHIN_NS = 2n * NS_PER_SECOND
/** A line that has not been quiet for so long carries something else, or is at the wrong speed. */
const DRAIN_NS_MAX = 10n * NS_PER_SECOND
/** A session that cannot get in step for so long asks for a link opened afresh; sooner would only hide what is wrong. */
const OUT_OF_STEP_NS_MAX = 60n * NS_PER_SECOND

/** An empty line: it changes nothing, and the command that a glitch on opening the port eats is this one. */
const NUDGE: ScpiRequest = { command: '', replyWithinNs: NUDGE_REPLY_WITHIN_NS, accepts: () => false }

const TERMINAL: Dialect = { replyEnd: 'prompt' }

type Phase =
  | { readonly name: 'unopened' }
  | { readonly name: 'draining'; readonly quietAt: MonoNs; readonly giveUpAt: MonoNs }
  | Asking
  | { readonly name: 'ready' }

interface Asking {
  readonly name: 'asking'
  readonly request: ScpiRequest
  readonly until: MonoNs
  readonly lines: readonly ScpiLine[]
}

interface State {
  readonly config: ScpiSessionConfig
  readonly dialect: Dialect
  readonly framer: ScpiFramer
  phase: Phase
  /** Since when question and answer have been apart; undefined while they are not. */
  outOfStepSince: MonoNs | undefined
  events: ScpiEvent[]
}

export function createScpiSession(config: ScpiSessionConfig): ScpiSession {
  assertCommand(config.probe.command)
  const dialect = config.dialect ?? TERMINAL
  const state: State = {
    config,
    dialect,
    framer: createScpiFramer(config.lineLengthMax, dialect.replyEnd === 'prompt'),
    phase: { name: 'unopened' },
    outOfStepSince: undefined,
    events: [],
  }
  return {
    receive(bytes, at) {
      if (state.phase.name === 'unopened') startDraining(state, at)
      for (const frame of state.framer.receive(bytes, at)) takeFrame(state, frame, at)
      if (bytes.length > 0) afterBytes(state, at)
      return takeEvents(state)
    },
    wake(now) {
      takeWake(state, now)
      return takeEvents(state)
    },
    nextWakeAt: () => nextWakeAt(state.phase),
    isReady: () => state.phase.name === 'ready',
    send(request, now) {
      assert(state.phase.name === 'ready', `${request.command} was sent while another request was under way`)
      assertCommand(request.command)
      ask(state, request, now)
      return takeEvents(state)
    },
  }
}

function assertCommand(command: string): void {
  assert(/^[ -:<-~]{1,80}$/.test(command), `a command is 1 to 80 printable characters without ";", got ${command}`)
}

function takeEvents(state: State): readonly ScpiEvent[] {
  const { events } = state
  state.events = []
  return events
}

function nextWakeAt(phase: Phase): MonoNs | undefined {
  if (phase.name === 'unopened') return monoNs(0n)
  if (phase.name === 'draining') return phase.quietAt
  return phase.name === 'asking' ? phase.until : undefined
}

function takeWake(state: State, now: MonoNs): void {
  const { phase } = state
  if (phase.name === 'unopened') startDraining(state, now)
  else if (phase.name === 'draining' && now >= phase.quietAt) {
    state.framer.clear()
    ask(state, state.dialect.replyEnd === 'prompt' ? NUDGE : state.config.probe, now)
  } else if (phase.name === 'asking' && now >= phase.until) {
    const unfinished = state.framer.hasUnfinishedLine() ? 'the beginning of a line' : 'nothing'
    const heard = phase.lines.length === 0 ? unfinished : `${phase.lines.length} lines without a prompt`
    const waitedMs = phase.request.replyWithinNs / NS_PER_MILLISECOND
    const message = `${named(phase.request)}: expected a reply within ${waitedMs} ms, got ${heard}`
    fallOutOfStep(state, { code: 'scpi.no-reply', message }, now)
  }
}

function takeFrame(state: State, frame: ScpiFrame, at: MonoNs): void {
  const { phase } = state
  if (frame.type === 'line' && state.dialect.replyEnd === 'lines' && isBlank(frame.line)) return
  if (phase.name === 'ready') {
    const what = frame.type === 'prompt' ? 'a prompt' : shown(frame.line.text)
    const message = `expected silence between requests, got ${what}`
    const line = frame.type === 'line' ? { line: frame.line.number } : {}
    fallOutOfStep(state, { code: 'scpi.unsolicited', message, ...line }, at)
  } else if (phase.name === 'asking') {
    if (frame.type === 'line') takeLine(state, phase, frame.line, at)
    else takeEnd(state, phase, frame.errorCode, at)
  }
}

function takeLine(state: State, asking: Asking, line: ScpiLine, at: MonoNs): void {
  const { request, lines } = asking
  const isEcho = line.text === request.command && line.defect === undefined
  if (isEcho && lines.length > 0) {
    // The echo opens the exchange, so what stands before it belongs to something else.
    fallOutOfStep(state, badReply(request, lines[0], 'its echo first'), at)
  } else if (isEcho || (lines.length === 0 && line.text.trim() === '')) {
    return
  } else if (lines.length >= state.config.linesMax) {
    fallOutOfStep(state, badReply(request, line, `at most ${state.config.linesMax} lines`), at)
  } else {
    const heard = { ...asking, lines: [...lines, line] }
    state.phase = heard
    if (state.dialect.replyEnd === 'prompt') return
    const isRefusal = state.dialect.refusal?.(line.text) !== undefined
    if (isRefusal || heard.lines.length >= (request.replyLines ?? 1)) takeEnd(state, heard, 0, at)
  }
}

function isBlank(line: ScpiLine): boolean {
  return line.text.trim() === '' && line.defect === undefined
}

/** The reply is complete. `promptCode`: what the prompt shows, 0 where there is none. */
function takeEnd(state: State, asking: Asking, promptCode: number, at: MonoNs): void {
  const { request } = asking
  const refusal = asking.lines.map(({ text }) => state.dialect.refusal?.(text)).find((code) => code !== undefined)
  const lines = refusal === undefined ? asking.lines : []
  const errorCode = refusal ?? promptCode
  const defective = lines.find((line) => line.defect !== undefined)
  if (defective !== undefined) {
    fallOutOfStep(state, badReply(request, defective, `a whole line (${defective.defect})`), at)
  } else if (!isAnswer(state, request, lines)) {
    fallOutOfStep(state, badReply(request, lines[0], 'an answer to it'), at)
  } else if (request === NUDGE) {
    ask(state, state.config.probe, at)
  } else {
    state.outOfStepSince = undefined
    state.phase = { name: 'ready' }
    state.events.push({ type: 'reply', request, lines, errorCode })
  }
}

/** Anything but the probe may be refused, and a refusal has no lines. */
function isAnswer(state: State, request: ScpiRequest, lines: readonly ScpiLine[]): boolean {
  if (lines.length === 0) return request !== state.config.probe
  return request.accepts(lines.map((line) => line.text))
}

/** Bytes during the drain begin the wait for quiet again; an unfinished line between requests is nobody's answer. */
function afterBytes(state: State, at: MonoNs): void {
  const { phase } = state
  if (phase.name === 'ready' && state.framer.hasUnfinishedLine()) {
    const message = 'expected silence between requests, got the beginning of a line'
    fallOutOfStep(state, { code: 'scpi.unsolicited', message }, at)
  } else if (phase.name === 'draining' && at < phase.giveUpAt) {
    state.phase = { ...phase, quietAt: plus(at, QUIET_NS) }
  } else if (phase.name === 'draining') {
    const quietMs = QUIET_NS / NS_PER_MILLISECOND
    const message = `expected ${quietMs} ms of quiet within ${DRAIN_NS_MAX / NS_PER_SECOND} s, got bytes all the time`
    fallOutOfStep(state, { code: 'scpi.babble', message }, at)
  }
}

function ask(state: State, request: ScpiRequest, now: MonoNs): void {
  const { dialect } = state
  state.events.push({ type: 'write', bytes: utf8(`${request.command}${dialect.commandEnd ?? '\r'}`) })
  if (dialect.replyEnd === 'lines' && request.replyLines === 0) {
    state.events.push({ type: 'reply', request, lines: [], errorCode: 0 })
  } else state.phase = { name: 'asking', request, until: plus(now, request.replyWithinNs), lines: [] }
}

function fallOutOfStep(state: State, fault: DriverFault, now: MonoNs): void {
  state.events.push({ type: 'fault', fault })
  startDraining(state, now)
  const since = state.outOfStepSince ?? now
  if (between(since, now) < OUT_OF_STEP_NS_MAX) return
  state.outOfStepSince = now
  const seconds = between(since, now) / NS_PER_SECOND
  state.events.push({
    type: 'reset',
    reason: `out of step for ${seconds} s, at last by ${fault.code}: ${fault.message}`,
  })
}

function startDraining(state: State, now: MonoNs): void {
  state.outOfStepSince ??= now
  state.phase = { name: 'draining', quietAt: plus(now, QUIET_NS), giveUpAt: plus(now, DRAIN_NS_MAX) }
}

function badReply(request: ScpiRequest, line: ScpiLine | undefined, expected: string): DriverFault {
  const message = `${named(request)}: expected ${expected}, got ${line === undefined ? 'a bare prompt' : shown(line.text)}`
  return { code: 'scpi.bad-reply', message, ...(line === undefined ? {} : { line: line.number }) }
}

function named(request: ScpiRequest): string {
  return request.command === '' ? 'an empty line' : request.command
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
