import type { MonoNs } from '../../src/core/time.ts'

/**
 * Cuts the byte stream of an interactive SCPI terminal into lines and prompts. Lines end in CRLF (a lone CR or LF is
 * taken too). A prompt, of instruments that have one, ends in nothing: `scpi >` while the instrument's error queue is empty, `E-113>` with the newest
 * queued code otherwise, and one space that often arrives only at the head of the next exchange. Bytes are taken one
 * at a time, so that the frames do not depend on how the stream was cut into reads.
 */
export interface ScpiFramer {
  /** `at` is when the first of `bytes` was read. */
  receive(bytes: Uint8Array, at: MonoNs): readonly ScpiFrame[]
  /** Whether a line has begun that neither its end nor a prompt has closed. */
  hasUnfinishedLine(): boolean
  /** Forgets an unfinished line. */
  clear(): void
}

export type ScpiFrame =
  | { readonly type: 'line'; readonly line: ScpiLine }
  /** `errorCode` is 0 while the error queue is empty. */
  | { readonly type: 'prompt'; readonly errorCode: number; readonly at: MonoNs }

export interface ScpiLine {
  /** Without the line end; a byte that is not printable ASCII shows as U+FFFD. */
  readonly text: string
  /** Counted from 1 since the framer was made. */
  readonly number: number
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
  /** Why the line cannot be believed; undefined for a whole line of printable ASCII. */
  readonly defect: LineDefect | undefined
}

/** `unterminated`: a prompt came where the line end was due, so the rest of the line was lost. */
export type LineDefect = 'not-ascii' | 'overlong' | 'unterminated'

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TILDE = 0x7e
const GREATER_THAN = 0x3e

/** The two forms of the prompt up to the `>`; only the first has a space before it. The 5071A also has positive codes. */
const PROMPT_AT_END = /(?:scpi |E([+-]\d{1,5}))>$/

interface State {
  readonly lineLengthMax: number
  readonly hasPrompts: boolean
  text: string
  firstByteAt: MonoNs | undefined
  defect: LineDefect | undefined
  linesSeen: number
  afterCarriageReturn: boolean
  afterPrompt: boolean
}

/**
 * `lineLengthMax`: characters of a line that are kept; a longer one is cut there and marked `overlong`. `hasPrompts`:
 * whether what looks like a prompt is one.
 */
export function createScpiFramer(lineLengthMax: number, hasPrompts = true): ScpiFramer {
  const state: State = {
    lineLengthMax,
    hasPrompts,
    text: '',
    firstByteAt: undefined,
    defect: undefined,
    linesSeen: 0,
    afterCarriageReturn: false,
    afterPrompt: false,
  }
  return {
    receive(bytes, at) {
      const frames: ScpiFrame[] = []
      for (const byte of bytes) takeByte(state, byte, at, frames)
      return frames
    },
    hasUnfinishedLine: () => state.text.trim() !== '',
    clear: () => startLine(state),
  }
}

function takeByte(state: State, byte: number, at: MonoNs, frames: ScpiFrame[]): void {
  const { afterCarriageReturn, afterPrompt } = state
  state.afterCarriageReturn = byte === CR
  state.afterPrompt = false
  if (byte === LF && afterCarriageReturn) return
  if (byte === SPACE && afterPrompt) return
  if (byte === CR || byte === LF) {
    closeLine(state, at, frames)
    return
  }
  state.firstByteAt ??= at
  if (state.text.length >= state.lineLengthMax) {
    state.defect = 'overlong'
    return
  }
  const printable = byte >= SPACE && byte <= TILDE
  if (!printable) state.defect ??= 'not-ascii'
  state.text += printable ? String.fromCharCode(byte) : '\ufffd'
  if (byte === GREATER_THAN && state.hasPrompts) takePrompt(state, at, frames)
}

function takePrompt(state: State, at: MonoNs, frames: ScpiFrame[]): void {
  const prompt = PROMPT_AT_END.exec(state.text)
  if (prompt === null) return
  state.text = state.text.slice(0, prompt.index)
  if (state.text.trim() !== '') {
    state.defect ??= 'unterminated'
    closeLine(state, at, frames)
  }
  startLine(state)
  state.afterPrompt = true
  frames.push({ type: 'prompt', errorCode: Number(prompt[1] ?? 0), at })
}

function closeLine(state: State, at: MonoNs, frames: ScpiFrame[]): void {
  state.linesSeen += 1
  const { text, defect, linesSeen } = state
  const firstByteAt = state.firstByteAt ?? at
  frames.push({ type: 'line', line: { text, number: linesSeen, firstByteAt, lastByteAt: at, defect } })
  startLine(state)
}

function startLine(state: State): void {
  state.text = ''
  state.firstByteAt = undefined
  state.defect = undefined
}
