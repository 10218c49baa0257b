import { max } from '../../src/core/integer.ts'
import { type MonoNs, plus } from '../../src/core/time.ts'

/**
 * The transmitter of an emulated instrument: bytes leave one after another at the speed of the line, and reach the
 * host in the small bursts in which a UART hands them over.
 */
export interface Wire {
  /** Puts bytes behind those that wait. The first starts at `notBefore` at the earliest, each other `paceNs` later. */
  send(bytes: Uint8Array, notBefore: MonoNs, paceNs?: bigint): void
  /** The bytes that have arrived by `now`, or undefined for none. */
  take(now: MonoNs): Uint8Array | undefined
  /** When the next burst will be complete. */
  nextAt(): MonoNs | undefined
  /** When the last byte sent so far will have left. */
  endsAt(): MonoNs | undefined
  clear(): void
}

const BURST_BYTES = 8
/** A pause of more characters than this ends a burst. */
const BURST_PAUSE_CHARACTERS = 2n
/** A host that never reads does not make an emulator grow: what comes after this many waiting bytes is lost. */
const WAITING_BYTES_MAX = 8192

/** `byteNs`: duration of one character, start and stop bits included. */
export function createWire(byteNs: bigint): Wire {
  let waiting: { readonly byte: number; readonly at: MonoNs }[] = []
  let freeAt: MonoNs | undefined
  return {
    send(bytes, notBefore, paceNs = byteNs) {
      let startAt = freeAt === undefined ? notBefore : max(notBefore, freeAt)
      for (const byte of bytes.subarray(0, WAITING_BYTES_MAX - waiting.length)) {
        freeAt = plus(startAt, byteNs)
        waiting.push({ byte, at: freeAt })
        startAt = plus(startAt, max(paceNs, byteNs))
      }
    },
    take(now) {
      const later = waiting.findIndex(({ at }) => at > now)
      const arrived = later === -1 ? waiting : waiting.slice(0, later)
      waiting = waiting.slice(arrived.length)
      return arrived.length === 0 ? undefined : Uint8Array.from(arrived, ({ byte }) => byte)
    },
    nextAt() {
      let last = waiting[0]
      for (const next of waiting.slice(1, BURST_BYTES)) {
        if (last === undefined || next.at > plus(last.at, byteNs * (1n + BURST_PAUSE_CHARACTERS))) break
        last = next
      }
      return last?.at
    },
    endsAt: () => freeAt,
    clear() {
      waiting = []
      freeAt = undefined
    },
  }
}
