import { type FileHandle, open } from 'node:fs/promises'
import { assert } from '../core/assert.ts'
import { type Fault, ok } from '../core/fault.ts'
import { divCeil, max } from '../core/integer.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../core/time.ts'
import { attemptAsync } from '../linux/attempt.ts'
import { readMonoNs } from '../linux/clock.ts'
import { createNoteSkipper } from './note-skipper.ts'
import type { Arrival } from './recording.ts'
import { createWakeTimer } from './wake-timer.ts'
import type { Wire, WireHandlers } from './wire.ts'

export interface ReplayOptions {
  readonly path: string
  /** How fast the line was: a tenth of its baud rate, for a byte takes ten bits. */
  readonly bytesPerSecond: number
  /** When the bytes came, where that was recorded with them; absent or at its end: as fast as the line was. */
  readonly arrivals?: readonly Arrival[]
  /**
   * At its own speed the bytes arrive on this machine's clock. At full speed they arrive on a clock that begins at 0
   * and goes by one byte's time a byte, so that two replays of one file are alike.
   */
  readonly pace: 'own' | 'full'
}

/** A recording in the place of a line. It comes up once, and goes down with `replay.end` when it has been read. */
export interface Replay extends Wire {
  /** How many lines of the recorder's notes stood before the first byte of the instrument. Known once bytes came. */
  noteLines(): number
}

const BLOCK_BYTES = 65_536

/** What arrives at once: as much as a UART's buffer holds. */
const CHUNK_BYTES = 16

/**
 * Plays the file at `path` from its first byte, less the notes that recorders (ours, gpsd's) put before it. What is written goes nowhere: a recording does not answer. Faults: `replay.open`, `replay.read`, `replay.end`.
 */
export function openReplay(options: ReplayOptions, handlers: WireHandlers): Replay {
  const { path, pace, bytesPerSecond, arrivals = [] } = options
  assert(
    Number.isInteger(bytesPerSecond) && bytesPerSecond >= 1,
    `expected whole bytes per second, got ${bytesPerSecond}`,
  )
  const notes = createNoteSkipper()
  const startAt = pace === 'own' ? readMonoNs() : monoNs(0n)
  let arrivedAt = startAt
  /** How much came with the reads that were recorded and are played, and the next of these. */
  let arrived = 0
  let nextArrival = 0
  let poured = 0
  let closed = false
  let hurry = (): void => undefined

  const pauseUntil = (at: MonoNs): Promise<MonoNs> =>
    new Promise((resolve) => {
      const timer = createWakeTimer(resolve)
      timer.arm(at)
      hurry = () => {
        timer.arm(undefined)
        resolve(at)
      }
    })

  /** When the byte at an offset came, and how many with it at the most. */
  const placeOf = (offset: number, bytesMax: number): { at: MonoNs; bytes: number } => {
    for (let next = arrivals[nextArrival]; next !== undefined; next = arrivals[nextArrival]) {
      if (offset < arrived + next.bytes)
        return { at: plus(startAt, next.afterNs), bytes: Math.min(bytesMax, arrived + next.bytes - offset) }
      arrived += next.bytes
      nextArrival += 1
    }
    const sinceNs = arrivals.at(-1)?.afterNs ?? 0n
    const bytes = Math.min(bytesMax, CHUNK_BYTES)
    const takesNs = divCeil(BigInt(offset + bytes - arrived) * NS_PER_SECOND, BigInt(bytesPerSecond))
    return { at: plus(startAt, sinceNs + takesNs), bytes }
  }

  const pour = async (block: Uint8Array): Promise<void> => {
    for (let from = 0; from < block.length; ) {
      const place = placeOf(poured, block.length - from)
      const chunk = Uint8Array.from(block.subarray(from, from + place.bytes))
      from += chunk.length
      poured += chunk.length
      const due = max(place.at, arrivedAt)
      arrivedAt = pace === 'own' ? await pauseUntil(due) : due
      if (closed) return
      handlers.onBytes(chunk, arrivedAt)
    }
  }

  const play = async (): Promise<void> => {
    const file = await attemptAsync('replay.open', `${path}: expected to open it`, () => open(path))
    if (closed) return file.ok ? file.value.close() : undefined
    if (!file.ok) return handlers.onState({ type: 'fault', at: startAt, fault: file.fault })
    handlers.onState({ type: 'up', at: startAt, reason: `${path} is being played at ${bytesPerSecond} bytes/s` })
    const fault = await pourFile(
      path,
      file.value,
      (block) => pour(notes.skip(block)),
      () => closed,
    )
    await file.value.close()
    if (!closed) handlers.onState({ type: 'down', at: arrivedAt, fault })
  }

  const playing = play()
  return {
    write: () => ok(undefined),
    reopen: () => undefined,
    close: () => {
      closed = true
      hurry()
      return playing
    },
    noteLines: () => notes.lines(),
  }
}

/** Hands over the file block by block; returns why it stopped. */
async function pourFile(
  path: string,
  file: FileHandle,
  pour: (block: Uint8Array) => Promise<void>,
  isOver: () => boolean,
): Promise<Fault> {
  const block = new Uint8Array(BLOCK_BYTES)
  for (;;) {
    const read = await attemptAsync('replay.read', `${path}: expected to read on`, () => file.read(block))
    if (!read.ok) return read.fault
    if (read.value.bytesRead === 0 || isOver()) {
      return { code: 'replay.end', message: `${path}: the recording has been played to its end` }
    }
    await pour(block.subarray(0, read.value.bytesRead))
  }
}
