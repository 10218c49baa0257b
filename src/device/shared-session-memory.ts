import { freshMemory, type SessionMemory } from '../ranging/session-memory.ts'

const LAST_SEQUENCE = 0
const HIGHEST_SEEN = 1
const SEEN = 2
const NUMBERS = 3

/** A fresh session memory that outlives the thread it is handed to. */
export function shareFreshMemory(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(NUMBERS * BigUint64Array.BYTES_PER_ELEMENT)
  Object.assign(sharedMemory(buffer), freshMemory())
  return buffer
}

/** The one in this buffer. */
export function sharedMemory(buffer: SharedArrayBuffer): SessionMemory {
  const numbers = new BigUint64Array(buffer)
  const read = (at: number): bigint => Atomics.load(numbers, at)
  const write = (at: number, value: bigint): void => {
    Atomics.store(numbers, at, value)
  }
  return {
    get lastSequence() {
      return read(LAST_SEQUENCE)
    },
    set lastSequence(value) {
      write(LAST_SEQUENCE, value)
    },
    get highestSeen() {
      return read(HIGHEST_SEEN)
    },
    set highestSeen(value) {
      write(HIGHEST_SEEN, value)
    },
    get seen() {
      return read(SEEN)
    },
    set seen(value) {
      write(SEEN, value)
    },
  }
}
