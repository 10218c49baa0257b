import { type MonoNs, monoNs } from '../../src/core/time.ts'

/**
 * Cuts a byte stream into NMEA sentences. Real lines are dirty: instruments inject a sentence into the middle of
 * another one (iSync), interleave binary protocols (u-blox), lose the line end, and exceed 82 characters. So a `$`
 * always starts afresh, CR or LF ends, and whatever cannot be a sentence is gathered into runs of noise. Every byte
 * except CR and LF ends up in exactly one piece.
 */
export interface NmeaFramer {
  /** The pieces that `bytes` complete, in order. */
  push(bytes: Uint8Array, receivedAt: MonoNs): readonly NmeaPiece[]
  /** Gives up waiting: what has been gathered so far comes out as it is. */
  flush(): readonly NmeaPiece[]
  /** Bytes that belong to no piece yet; below the two limits together. */
  pendingBytes(): number
}

/** `line` counts line feeds from 1, as an editor does, so that a fault can be found in a recording. */
export type NmeaPiece = SentencePiece | DamagedPiece

/** `$` to the last character before the line end or the next `$`; printable ASCII, with an address. */
export interface SentencePiece {
  readonly kind: 'sentence'
  readonly text: string
  readonly line: number
  /** When the chunks arrived that brought the `$` and the last character. */
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
}

export type DamagedPiece =
  /** Began like a sentence; another one or silence came before its checksum. */
  | { readonly kind: 'cut'; readonly text: string; readonly line: number }
  /** Began like a sentence and ran over the limit; the rest of the line is not looked at. */
  | { readonly kind: 'oversize'; readonly text: string; readonly line: number }
  /** A run of bytes, possibly over many lines, in which no sentence begins. */
  | { readonly kind: 'noise'; readonly bytes: number; readonly line: number }

/** NMEA 0183 allows 82 characters; recorded ones have up to 105 (`$GYOACC` of a Unicore UM621). */
export const SENTENCE_CHARACTERS_MAX = 256
/** A run of noise is reported at this length at the latest: four seconds of 9600 baud. */
export const NOISE_BYTES_MAX = 4096

const DOLLAR = 0x24
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** A capital, more capitals and digits, then the first delimiter: anything else behind a `$` is chance. */
const ADDRESS = /^\$[A-Z][A-Z0-9]{1,11}[,*]/
const CHECKSUM_AT_END = /\*[0-9A-Fa-f]{2}$/

interface State {
  where: 'between' | 'sentence' | 'overrun'
  /** Of the next byte. */
  line: number
  /** Of the sentence under way: its characters, its line, and when its first and latest byte came. */
  characters: Uint8Array
  length: number
  startLine: number
  firstByteAt: MonoNs
  lastByteAt: MonoNs
  noise: { bytes: number; line: number } | undefined
  pieces: NmeaPiece[]
}

export function createNmeaFramer(): NmeaFramer {
  const state: State = {
    where: 'between',
    line: 1,
    characters: new Uint8Array(SENTENCE_CHARACTERS_MAX),
    length: 0,
    startLine: 1,
    firstByteAt: monoNs(0n),
    lastByteAt: monoNs(0n),
    noise: undefined,
    pieces: [],
  }
  return {
    push(bytes, receivedAt) {
      for (const byte of bytes) take(state, byte, receivedAt)
      return drain(state)
    },
    flush() {
      endSentence(state, 'cut short')
      endNoise(state)
      return drain(state)
    },
    pendingBytes: () => (state.where === 'sentence' ? state.length : 0) + (state.noise?.bytes ?? 0),
  }
}

function take(state: State, byte: number, receivedAt: MonoNs): void {
  if (byte === DOLLAR) {
    endSentence(state, 'cut short')
    beginSentence(state, receivedAt)
  } else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
    endSentence(state, 'line end')
    if (byte === LINE_FEED) state.line += 1
  } else if (state.where === 'sentence') {
    if (isPrintable(byte)) append(state, byte, receivedAt)
    else abandonSentence(state)
  } else if (state.where === 'between') {
    addNoise(state, 1, state.line)
  }
}

function beginSentence(state: State, receivedAt: MonoNs): void {
  state.where = 'sentence'
  state.length = 0
  state.startLine = state.line
  state.firstByteAt = receivedAt
  append(state, DOLLAR, receivedAt)
}

function append(state: State, byte: number, receivedAt: MonoNs): void {
  if (state.length < SENTENCE_CHARACTERS_MAX) {
    state.characters[state.length++] = byte
    state.lastByteAt = receivedAt
    return
  }
  const text = textOf(state)
  if (!ADDRESS.test(text)) {
    abandonSentence(state)
    return
  }
  endNoise(state)
  state.pieces.push({ kind: 'oversize', text, line: state.startLine })
  state.where = 'overrun'
}

function endSentence(state: State, by: 'line end' | 'cut short'): void {
  const { where, startLine: line, firstByteAt, lastByteAt } = state
  state.where = 'between'
  if (where !== 'sentence') return
  const text = textOf(state)
  if (!ADDRESS.test(text)) {
    addNoise(state, state.length, line)
    return
  }
  endNoise(state)
  // A checksum at the end proves the sentence whole, even where its line end was lost.
  const whole = by === 'line end' || CHECKSUM_AT_END.test(text)
  state.pieces.push(whole ? { kind: 'sentence', text, line, firstByteAt, lastByteAt } : { kind: 'cut', text, line })
}

/** The byte at hand shows that this is no sentence. */
function abandonSentence(state: State): void {
  state.where = 'between'
  addNoise(state, state.length + 1, state.startLine)
}

function addNoise(state: State, bytes: number, line: number): void {
  state.noise ??= { bytes: 0, line }
  state.noise.bytes += bytes
  if (state.noise.bytes >= NOISE_BYTES_MAX) endNoise(state)
}

function endNoise(state: State): void {
  if (state.noise !== undefined) state.pieces.push({ kind: 'noise', ...state.noise })
  state.noise = undefined
}

function drain(state: State): readonly NmeaPiece[] {
  const { pieces } = state
  state.pieces = []
  return pieces
}

function textOf(state: State): string {
  return String.fromCharCode(...state.characters.subarray(0, state.length))
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e
}
