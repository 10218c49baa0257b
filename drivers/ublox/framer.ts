import { assert } from '../../src/core/assert.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createNmeaFramer, type NmeaFramer, type NmeaPiece } from '../nmea/framer.ts'
import { checksum, HEADER_BYTES, OVERHEAD_BYTES, PAYLOAD_BYTES_MAX, SYNC_1, SYNC_2, type UbxFrame } from './frame.ts'

/**
 * Parts a line on which UBX frames and NMEA sentences take turns. Everything that is in no frame goes on to the framer of
 * sentences, also what looked like a frame and was none: bytes are held back until a frame is complete, and looked at
 * again, from behind its sync characters, when it turns out to be wrong. So a torn frame never costs what comes after it.
 */
export interface UbloxFramer {
  /** The pieces that `bytes` complete, in order. Payloads are valid until the next call only. */
  push(bytes: Uint8Array, receivedAt: MonoNs): readonly UbloxPiece[]
  /** When what is held back has waited long enough for its rest; undefined while nothing is. */
  giveUpAt(): MonoNs | undefined
  /** Gives up waiting: what has been gathered so far comes out as it is. */
  giveUp(): readonly UbloxPiece[]
}

export type UbloxPiece = FramePiece | DamagedFrame | NmeaPiece

export interface FramePiece extends UbxFrame {
  readonly kind: 'frame'
  /** When the chunks arrived that brought its first and its last byte. */
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
}

/** Began like a frame; its checksum was wrong, or its rest did not come. Its bytes are looked at again. */
interface DamagedFrame {
  readonly kind: 'checksum' | 'cut-frame'
  readonly key: number
  readonly payloadBytes: number
}

/** A frame is sent in one go: after a rest of this length in its midst it will not be completed. */
const FRAME_GAP_NS = 500n * NS_PER_MILLISECOND
/** An NMEA sentence without its line end waits longer: nothing is lost by that. */
const SENTENCE_GAP_NS = 5n * NS_PER_SECOND

/** Bytes, and from which offset on they came when; at least one mark, the first at 0. */
interface Stretch {
  readonly bytes: Uint8Array
  readonly marks: readonly Mark[]
}

interface Mark {
  readonly offset: number
  readonly at: MonoNs
}

interface State {
  readonly nmea: NmeaFramer
  /** What may become a frame: it begins with the first sync character. */
  readonly held: Uint8Array
  heldBytes: number
  /** When the held bytes came. */
  marks: Mark[]
  pieces: UbloxPiece[]
  lastAt: MonoNs | undefined
}

export function createUbloxFramer(): UbloxFramer {
  const state: State = {
    nmea: createNmeaFramer(),
    held: new Uint8Array(PAYLOAD_BYTES_MAX + OVERHEAD_BYTES),
    heldBytes: 0,
    marks: [],
    pieces: [],
    lastAt: undefined,
  }
  return {
    push(bytes, receivedAt) {
      const { lastAt } = state
      while (state.heldBytes > 0 && lastAt !== undefined && between(lastAt, receivedAt) > FRAME_GAP_NS) release(state)
      if (bytes.length > 0) state.lastAt = receivedAt
      let taken = 0
      while (state.heldBytes > 0 && taken < bytes.length) taken += fill(state, bytes.subarray(taken), receivedAt)
      if (taken < bytes.length) scan(state, { bytes, marks: [{ offset: 0, at: receivedAt }] }, taken)
      return drain(state)
    },
    giveUpAt() {
      if (state.lastAt === undefined) return undefined
      if (state.heldBytes > 0) return plus(state.lastAt, FRAME_GAP_NS)
      return state.nmea.pendingBytes() > 0 ? plus(state.lastAt, SENTENCE_GAP_NS) : undefined
    },
    giveUp() {
      while (state.heldBytes > 0) release(state)
      state.pieces.push(...state.nmea.flush())
      return drain(state)
    },
  }
}

function drain(state: State): readonly UbloxPiece[] {
  const { pieces } = state
  state.pieces = []
  return pieces
}

/** Parts `stretch` from `from` on into frames and what goes on to the framer of sentences. */
function scan(state: State, stretch: Stretch, from: number): void {
  const { bytes } = stretch
  let start = from
  for (let search = from; ; ) {
    const at = bytes.indexOf(SYNC_1, search)
    if (at === -1) break
    const length = frameLength(bytes, at)
    if (length === undefined) {
      search = at + 1
      continue
    }
    passOn(state, stretch, start, at)
    if (at + length > bytes.length) {
      hold(state, stretch, at)
      return
    }
    const piece = cut(stretch, at, length)
    state.pieces.push(piece)
    // A wrong frame's sync characters are passed over; what follows them is looked at again.
    start = piece.kind === 'frame' ? at + length : at + 2
    search = start
  }
  passOn(state, stretch, start, bytes.length)
}

function passOn(state: State, { bytes, marks }: Stretch, start: number, end: number): void {
  for (let index = 0, from = start; from < end; index++) {
    const until = Math.min(marks[index + 1]?.offset ?? end, end)
    if (until <= from) continue
    state.pieces.push(...state.nmea.push(bytes.subarray(from, until), arrival(marks, from)))
    from = until
  }
}

function hold(state: State, { bytes, marks }: Stretch, start: number): void {
  const rest = bytes.subarray(start)
  state.marks = [
    { offset: 0, at: arrival(marks, start) },
    ...marks.flatMap(({ offset, at }) => (offset > start ? [{ offset: offset - start, at }] : [])),
  ]
  state.held.set(rest)
  state.heldBytes = rest.length
}

/** Adds to what is held until it is a frame or none; the number of bytes taken. */
function fill(state: State, bytes: Uint8Array, at: MonoNs): number {
  state.marks.push({ offset: state.heldBytes, at })
  let taken = 0
  for (;;) {
    const length = frameLength(state.held.subarray(0, state.heldBytes), 0)
    if (length === undefined || length <= state.heldBytes) break
    if (taken === bytes.length) return taken
    const part = bytes.subarray(taken, taken + length - state.heldBytes)
    state.held.set(part, state.heldBytes)
    state.heldBytes += part.length
    taken += part.length
  }
  scan(state, letGo(state), 0)
  return taken
}

/** Looks again at what was held, from behind its sync characters. */
function release(state: State): void {
  const stretch = letGo(state)
  if (stretch.bytes.length >= HEADER_BYTES) {
    state.pieces.push(damaged('cut-frame', stretch.bytes, 0))
    scan(state, stretch, 2)
    return
  }
  passOn(state, stretch, 0, 1)
  scan(state, stretch, 1)
}

function letGo(state: State): Stretch {
  const stretch = { bytes: state.held.slice(0, state.heldBytes), marks: state.marks }
  state.heldBytes = 0
  state.marks = []
  return stretch
}

/**
 * How many bytes from `at` on have to be there to know more: the whole frame's once its header is there; undefined when
 * no frame begins here.
 */
function frameLength(bytes: Uint8Array, at: number): number | undefined {
  const have = bytes.length - at
  if (have >= 2 && bytes[at + 1] !== SYNC_2) return undefined
  if (have < HEADER_BYTES) return HEADER_BYTES
  const payloadBytes = payloadLength(bytes, at)
  return payloadBytes > PAYLOAD_BYTES_MAX ? undefined : payloadBytes + OVERHEAD_BYTES
}

function payloadLength(bytes: Uint8Array, at: number): number {
  return (bytes[at + 4] ?? 0) | ((bytes[at + 5] ?? 0) << 8)
}

function cut({ bytes, marks }: Stretch, at: number, length: number): FramePiece | DamagedFrame {
  const end = at + length
  const expected = checksum(bytes, at + 2, end - 2)
  if (bytes[end - 2] !== (expected & 0xff) || bytes[end - 1] !== expected >> 8) return damaged('checksum', bytes, at)
  return {
    kind: 'frame',
    key: keyAt(bytes, at),
    payload: bytes.subarray(at + HEADER_BYTES, end - 2),
    firstByteAt: arrival(marks, at),
    lastByteAt: arrival(marks, end - 1),
  }
}

function damaged(kind: DamagedFrame['kind'], bytes: Uint8Array, at: number): DamagedFrame {
  return { kind, key: keyAt(bytes, at), payloadBytes: payloadLength(bytes, at) }
}

function keyAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}

function arrival(marks: readonly Mark[], offset: number): MonoNs {
  let found = marks[0]
  for (const mark of marks) {
    if (mark.offset > offset) break
    found = mark
  }
  assert(found !== undefined, 'a stretch has a mark at its beginning')
  return found.at
}
