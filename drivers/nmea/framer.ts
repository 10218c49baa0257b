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
const SPACE = 0x20
const TILDE = 0x7e

/** By byte, whether it goes on with a sentence: printable, and no `$`. */
const GOES_ON = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= SPACE && byte <= TILDE && byte !== DOLLAR ? 1 : 0,
)
/** By byte, whether a run of bytes in which no sentence begins goes on with it. */
const STAYS_OUTSIDE = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte !== DOLLAR && byte !== LINE_FEED && byte !== CARRIAGE_RETURN ? 1 : 0,
)

/** A capital, more capitals and digits, then the first delimiter: anything else behind a `$` is chance. */
const ADDRESS = /^\$[A-Z][A-Z0-9]{1,11}[,*]/
const CHECKSUM_AT_END = /\*[0-9A-Fa-f]{2}$/

interface State {
  where: 'between' | 'sentence' | 'overrun'
  /** Of the next byte. */
  line: number
  /** Of the sentence under way: what earlier chunks brought, its line, and when its first and latest byte came. */
  head: string
  startLine: number
  firstByteAt: MonoNs
  lastByteAt: MonoNs
  noise: { bytes: number; line: number } | undefined
  pieces: NmeaPiece[]
}

/** The chunk at hand; its text is made once, when a sentence in it is looked at: slices of it cost next to nothing. */
interface Chunk {
  readonly bytes: Uint8Array
  readonly receivedAt: MonoNs
  text: string | undefined
}

/** One character a byte; what is beyond ASCII never gets into a sentence. */
const latin1 = new TextDecoder('latin1')

export function createNmeaFramer(): NmeaFramer {
  const state: State = {
    where: 'between',
    line: 1,
    head: '',
    startLine: 1,
    firstByteAt: monoNs(0n),
    lastByteAt: monoNs(0n),
    noise: undefined,
    pieces: [],
  }
  return {
    push(bytes, receivedAt) {
      const chunk: Chunk = { bytes, receivedAt, text: undefined }
      for (let from = 0; from < bytes.length; ) from = takeRun(state, chunk, from)
      return drain(state)
    },
    flush() {
      endSentence(state, state.head, 'cut short')
      endNoise(state)
      return drain(state)
    },
    pendingBytes: () => (state.where === 'sentence' ? state.head.length : 0) + (state.noise?.bytes ?? 0),
  }
}

/** Takes the bytes from `from` on that are of one kind, and the one that ends them; where to go on. */
function takeRun(state: State, chunk: Chunk, from: number): number {
  const { bytes } = chunk
  if (state.where === 'sentence') return takeSentence(state, chunk, from)
  let until = from
  while (until < bytes.length && STAYS_OUTSIDE[bytes[until] ?? 0] === 1) until += 1
  if (state.where === 'between') addNoise(state, until - from, state.line)
  if (until === bytes.length) return until
  takeMark(state, chunk, until)
  return until + 1
}

/** A dollar or a line end, outside a sentence. */
function takeMark(state: State, chunk: Chunk, at: number): void {
  const byte = chunk.bytes[at]
  if (byte === DOLLAR) beginSentence(state, chunk)
  else {
    state.where = 'between'
    if (byte === LINE_FEED) state.line += 1
  }
}

function beginSentence(state: State, { receivedAt }: Chunk): void {
  state.where = 'sentence'
  state.head = '$'
  state.startLine = state.line
  state.firstByteAt = receivedAt
  state.lastByteAt = receivedAt
}

function takeSentence(state: State, chunk: Chunk, from: number): number {
  const { bytes } = chunk
  const end = Math.min(bytes.length, from + SENTENCE_CHARACTERS_MAX - state.head.length)
  let until = from
  while (until < end && GOES_ON[bytes[until] ?? 0] === 1) until += 1
  if (until > from) state.lastByteAt = chunk.receivedAt
  const text = state.head + textOf(chunk, from, until)
  if (until === bytes.length) {
    state.head = text
    return until
  }
  const byte = bytes[until] ?? 0
  if (GOES_ON[byte] === 1) overrun(state, text)
  else if (byte === DOLLAR || byte === LINE_FEED || byte === CARRIAGE_RETURN) {
    endSentence(state, text, byte === DOLLAR ? 'cut short' : 'line end')
    takeMark(state, chunk, until)
  } else abandonSentence(state, text)
  return until + 1
}

/** Another character than the longest sentence has. */
function overrun(state: State, text: string): void {
  if (!ADDRESS.test(text)) {
    abandonSentence(state, text)
    return
  }
  endNoise(state)
  state.pieces.push({ kind: 'oversize', text, line: state.startLine })
  state.where = 'overrun'
}

function endSentence(state: State, text: string, by: 'line end' | 'cut short'): void {
  const { where, startLine: line, firstByteAt, lastByteAt } = state
  state.where = 'between'
  if (where !== 'sentence') return
  if (!ADDRESS.test(text)) {
    addNoise(state, text.length, line)
    return
  }
  endNoise(state)
  // A checksum at the end proves the sentence whole, even where its line end was lost.
  const whole = by === 'line end' || CHECKSUM_AT_END.test(text)
  state.pieces.push(whole ? { kind: 'sentence', text, line, firstByteAt, lastByteAt } : { kind: 'cut', text, line })
}

/** The byte at hand, which comes after `text`, shows that this is no sentence. */
function abandonSentence(state: State, text: string): void {
  state.where = 'between'
  addNoise(state, text.length + 1, state.startLine)
}

function addNoise(state: State, bytes: number, line: number): void {
  for (let left = bytes; left > 0; ) {
    state.noise ??= { bytes: 0, line }
    const taken = Math.min(left, NOISE_BYTES_MAX - state.noise.bytes)
    state.noise.bytes += taken
    left -= taken
    if (state.noise.bytes === NOISE_BYTES_MAX) endNoise(state)
  }
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

function textOf(chunk: Chunk, from: number, until: number): string {
  chunk.text ??= latin1.decode(chunk.bytes)
  return chunk.text.slice(from, until)
}
