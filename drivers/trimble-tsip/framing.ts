import { type MonoNs, monoNs } from '../../src/core/time.ts'

/**
 * Cuts a byte stream into TSIP packets: `DLE id data DLE ETX`, every DLE of the data doubled (ThunderBolt E guide, appendix A).
 * There is no checksum and no length: what a packet holds must be checked by its reader. Every byte belongs to exactly
 * one piece.
 */
export interface TsipFramer {
  /** The pieces that `bytes` complete, in order. */
  push(bytes: Uint8Array, receivedAt: MonoNs): readonly TsipPiece[]
  /** Gives up waiting: what has been gathered so far comes out as it is. */
  flush(): readonly TsipPiece[]
  /** Bytes that belong to no piece yet; below the two limits together. */
  pendingBytes(): number
}

export type TsipPiece = PacketPiece | DamagedPiece

export interface PacketPiece {
  readonly kind: 'packet'
  readonly id: number
  /** With its DLEs single again. */
  readonly data: Uint8Array
  /** When the chunks arrived that brought the first DLE and the ETX. */
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
}

export type DamagedPiece =
  /** Began like a packet; another one or silence came before its end. */
  | { readonly kind: 'cut'; readonly id: number; readonly bytes: number }
  /** Ran over the limit; what follows is not looked at until another packet begins. */
  | { readonly kind: 'oversize'; readonly id: number; readonly bytes: number }
  /** A run of bytes in which no packet begins. */
  | { readonly kind: 'noise'; readonly bytes: number }

/** The longest packets of the supported receivers, raw measurements and system data, stay below 256. */
export const DATA_BYTES_MAX = 512
/** A run of noise is reported at this length at the latest: four seconds of 9600 baud. */
export const NOISE_BYTES_MAX = 4096

const DLE = 0x10
const ETX = 0x03

interface State {
  /** `mark`: a DLE has come, and what it means hangs on the next byte. */
  where: 'between' | 'mark between' | 'data' | 'mark in data'
  id: number
  data: Uint8Array
  length: number
  /** Of the packet under way, doubled DLEs counted as they came. */
  wireBytes: number
  markAt: MonoNs
  firstByteAt: MonoNs
  noiseBytes: number
  pieces: TsipPiece[]
}

export function createTsipFramer(): TsipFramer {
  const state: State = {
    where: 'between',
    id: 0,
    data: new Uint8Array(DATA_BYTES_MAX),
    length: 0,
    wireBytes: 0,
    markAt: monoNs(0n),
    firstByteAt: monoNs(0n),
    noiseBytes: 0,
    pieces: [],
  }
  return {
    push(bytes, receivedAt) {
      for (const byte of bytes) take(state, byte, receivedAt)
      return drain(state)
    },
    flush() {
      if (inPacket(state)) cut(state)
      else if (state.where === 'mark between') addNoise(state, 1)
      state.where = 'between'
      endNoise(state)
      return drain(state)
    },
    pendingBytes: () => state.noiseBytes + (inPacket(state) ? state.wireBytes : state.where === 'mark between' ? 1 : 0),
  }
}

/** The bytes of one packet on the line; `body` is its id and its data. */
export function encodePacket(body: Uint8Array): Uint8Array {
  const [id = 0, ...data] = body
  return Uint8Array.from([DLE, id, ...data.flatMap((byte) => (byte === DLE ? [DLE, DLE] : [byte])), DLE, ETX])
}

function inPacket({ where }: State): boolean {
  return where === 'data' || where === 'mark in data'
}

function take(state: State, byte: number, receivedAt: MonoNs): void {
  switch (state.where) {
    case 'data':
      state.wireBytes += 1
      if (byte !== DLE) append(state, byte)
      else {
        state.where = 'mark in data'
        state.markAt = receivedAt
      }
      return
    case 'mark in data':
      takeAfterMark(state, byte, receivedAt)
      return
    case 'between':
      if (byte !== DLE) addNoise(state, 1)
      else {
        state.where = 'mark between'
        state.markAt = receivedAt
      }
      return
    default:
      // A doubled DLE and the end of a packet whose beginning nobody saw are no beginnings.
      if (byte === DLE || byte === ETX) {
        addNoise(state, 2)
        state.where = 'between'
      } else begin(state, byte)
  }
}

function takeAfterMark(state: State, byte: number, receivedAt: MonoNs): void {
  if (byte === DLE) {
    state.wireBytes += 1
    state.where = 'data'
    append(state, DLE)
  } else if (byte === ETX) {
    const { id, firstByteAt } = state
    const data = state.data.slice(0, state.length)
    state.pieces.push({ kind: 'packet', id, data, firstByteAt, lastByteAt: receivedAt })
    state.where = 'between'
  } else {
    state.wireBytes -= 1
    cut(state)
    begin(state, byte)
  }
}

function begin(state: State, id: number): void {
  endNoise(state)
  state.where = 'data'
  state.id = id
  state.length = 0
  state.wireBytes = 2
  state.firstByteAt = state.markAt
}

function append(state: State, byte: number): void {
  if (state.length < DATA_BYTES_MAX) {
    state.data[state.length++] = byte
    return
  }
  state.pieces.push({ kind: 'oversize', id: state.id, bytes: state.wireBytes })
  state.where = 'between'
}

function cut(state: State): void {
  state.pieces.push({ kind: 'cut', id: state.id, bytes: state.wireBytes })
}

function addNoise(state: State, bytes: number): void {
  state.noiseBytes += bytes
  if (state.noiseBytes >= NOISE_BYTES_MAX) endNoise(state)
}

function endNoise(state: State): void {
  if (state.noiseBytes > 0) state.pieces.push({ kind: 'noise', bytes: state.noiseBytes })
  state.noiseBytes = 0
}

function drain(state: State): readonly TsipPiece[] {
  const { pieces } = state
  if (pieces.length > 0) state.pieces = []
  return pieces
}
