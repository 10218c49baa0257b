import type { MonoNs } from '../../src/core/time.ts'
import { createNmeaFramer, type NmeaPiece } from '../nmea/framer.ts'

/**
 * Takes apart what comes over one port: NMEA sentences and lines of the servo trace come unasked, between the lines of an
 * answer and in the middle of one. A sentence begins at its `$`, which no answer has; a trace line at the beginning of a
 * line with a date of two-digit numbers, which no answer has either. What is left is the conversation.
 */
export interface Stream {
  receive(bytes: Uint8Array, at: MonoNs): readonly StreamPart[]
}

export type StreamPart =
  | { readonly type: 'conversation'; readonly bytes: Uint8Array; readonly at: MonoNs }
  | { readonly type: 'sentence'; readonly piece: NmeaPiece }
  | { readonly type: 'trace'; readonly text: string }

const DOLLAR = 0x24
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const GREATER_THAN = 0x3e
/** A sentence that has not ended by then is none: the conversation goes on. */
const SENTENCE_BYTES_MAX = 256
const TRACE_BYTES_MAX = 160

/** `08-07-31 ` */
const TRACE_HEAD = [digit, digit, dash, digit, digit, dash, digit, digit, space] as const

interface State {
  where: 'conversation' | 'sentence' | 'trace'
  /** Bytes at the beginning of a line that may turn out to be a trace's. */
  held: { readonly byte: number; readonly at: MonoNs }[]
  atLineStart: boolean
  /** The line end of a sentence that came in the middle of something is a sentence's. */
  afterSentence: boolean
  trace: string
  sentenceBytes: number
  conversation: { bytes: number[]; at: MonoNs } | undefined
  parts: StreamPart[]
}

export function createStream(): Stream {
  const framer = createNmeaFramer()
  const state: State = {
    where: 'conversation',
    held: [],
    atLineStart: true,
    afterSentence: false,
    trace: '',
    sentenceBytes: 0,
    conversation: undefined,
    parts: [],
  }
  return {
    receive(bytes, at) {
      let next = 0
      while (next < bytes.length) {
        if (state.where === 'sentence' || bytes[next] === DOLLAR)
          next = takeSentence(state, framer.push, bytes, next, at)
        else if (isAmidLine(state)) next = sayRun(state, bytes, next, at)
        else takeByte(state, bytes[next++] ?? 0, at)
      }
      closeConversation(state)
      const { parts } = state
      state.parts = []
      return parts
    },
  }
}

type Push = ReturnType<typeof createNmeaFramer>['push']

/** Takes what `bytes` have of a sentence from `start` on, and returns where it ends. */
function takeSentence(state: State, push: Push, bytes: Uint8Array, start: number, at: MonoNs): number {
  if (state.where !== 'sentence') {
    if (state.where === 'trace') endTrace(state)
    release(state)
    closeConversation(state)
    state.where = 'sentence'
    state.sentenceBytes = 0
  }
  let end = start
  while (end < bytes.length && state.where === 'sentence') {
    const byte = bytes[end++]
    state.sentenceBytes = byte === DOLLAR ? 1 : state.sentenceBytes + 1
    if (byte === CR || byte === LF || state.sentenceBytes >= SENTENCE_BYTES_MAX) {
      state.where = 'conversation'
      state.afterSentence = byte === CR
    }
  }
  for (const piece of push(bytes.subarray(start, end), at)) state.parts.push({ type: 'sentence', piece })
  return end
}

/** Nothing that comes next can begin a trace line, nor end a sentence. */
function isAmidLine({ where, held, atLineStart, afterSentence }: State): boolean {
  return where === 'conversation' && held.length === 0 && !atLineStart && !afterSentence
}

/** Says the run of bytes up to one that may end the line, the prompt, or begin a sentence; such a one goes by itself. */
function sayRun(state: State, bytes: Uint8Array, start: number, at: MonoNs): number {
  let end = start
  while (end < bytes.length) {
    const byte = bytes[end]
    if (byte === DOLLAR || byte === CR || byte === LF || byte === GREATER_THAN) break
    end += 1
  }
  if (end === start) {
    takeByte(state, bytes[start] ?? 0, at)
    return start + 1
  }
  closeConversation(state)
  state.parts.push({ type: 'conversation', bytes: bytes.subarray(start, end), at })
  return end
}

function takeByte(state: State, byte: number, at: MonoNs): void {
  const isLineEnd = byte === CR || byte === LF
  const endsSentence = byte === LF && state.afterSentence
  state.afterSentence = false
  if (endsSentence) return
  if (state.where === 'trace') {
    if (isLineEnd || state.trace.length >= TRACE_BYTES_MAX) endTrace(state)
    else state.trace += String.fromCharCode(byte)
    if (isLineEnd) state.afterSentence = byte === CR
    return
  }
  const expects = state.atLineStart ? TRACE_HEAD[state.held.length] : undefined
  if (expects?.(byte) === true) {
    state.held.push({ byte, at })
    if (state.held.length === TRACE_HEAD.length) beginTrace(state)
    return
  }
  release(state)
  say(state, byte, at)
  // Behind a prompt, which ends in no line end, a line begins too.
  state.atLineStart = isLineEnd || byte === GREATER_THAN || (byte === SPACE && state.atLineStart)
}

function beginTrace(state: State): void {
  state.trace = state.held.map(({ byte }) => String.fromCharCode(byte)).join('')
  state.held = []
  state.where = 'trace'
}

function endTrace(state: State): void {
  closeConversation(state)
  state.parts.push({ type: 'trace', text: state.trace })
  state.trace = ''
  state.where = 'conversation'
  state.atLineStart = true
}

/** What was held is part of the conversation after all. */
function release(state: State): void {
  for (const { byte, at } of state.held) say(state, byte, at)
  if (state.held.length > 0) state.atLineStart = false
  state.held = []
}

function say(state: State, byte: number, at: MonoNs): void {
  if (state.conversation !== undefined && state.conversation.at !== at) closeConversation(state)
  state.conversation ??= { bytes: [], at }
  state.conversation.bytes.push(byte)
}

function closeConversation(state: State): void {
  const { conversation } = state
  state.conversation = undefined
  if (conversation === undefined) return
  state.parts.push({ type: 'conversation', bytes: Uint8Array.from(conversation.bytes), at: conversation.at })
}

function digit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function space(byte: number): boolean {
  return byte === SPACE
}

function dash(byte: number): boolean {
  return byte === 0x2d
}
