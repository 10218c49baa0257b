import { NEWS_BYTES, type PeerNews, readNews, writeNews } from '../ranging/link-news.ts'

/**
 * News from the thread that ranges, in memory that both threads have: nobody is woken for them. Whoever writes never waits;
 * what is not read in time is written over, the oldest first.
 */
export interface NewsWriter {
  write(news: PeerNews): void
}

export interface NewsReader {
  /** What was written since the last time, oldest first. */
  read(): readonly PeerNews[]
}

/** Behind one 32-bit count of what was written so far, modulo 2^32; the slots begin where any of their numbers may stand. */
const SLOTS_AT = 8
/** Two news an exchange at most, 8 exchanges a second: a quarter of a minute, when all that was measured is too old anyway. */
const SLOTS_PER_PEER = 256

/** A power of two, so that the count may wrap. */
export function createNewsMemory(peers: number): SharedArrayBuffer {
  const slots = 2 ** Math.ceil(Math.log2(SLOTS_PER_PEER * Math.max(1, peers)))
  return new SharedArrayBuffer(SLOTS_AT + slots * NEWS_BYTES)
}

/** There is one at a time; the next one goes on where the last one ended. */
export function createNewsWriter(memory: SharedArrayBuffer): NewsWriter {
  const count = new Int32Array(memory, 0, 1)
  const slots = slotsOf(memory)
  return {
    write: (news) => {
      const written = Atomics.load(count, 0)
      writeNews(slotAt(memory, written & (slots - 1)), news)
      // Only now: what is half written is not there.
      Atomics.store(count, 0, (written + 1) | 0)
    },
  }
}

/** `ownBootId`: of the ranging clock that samples are against. */
export function createNewsReader(memory: SharedArrayBuffer, ownBootId: Uint8Array): NewsReader {
  const count = new Int32Array(memory, 0, 1)
  const slots = slotsOf(memory)
  let taken = Atomics.load(count, 0)
  return {
    read: () => {
      const written = Atomics.load(count, 0)
      const waiting = Math.min((written - taken) | 0, slots - 1)
      const read = Array.from({ length: waiting }, (_, index) => {
        const number = (written - waiting + index) | 0
        return { number, news: readNews(slotAt(memory, number & (slots - 1)), ownBootId) }
      })
      taken = written
      // The writer may have come round meanwhile, and is perhaps in the slot that comes next for it.
      const now = Atomics.load(count, 0)
      return read.filter(({ number }) => ((now - number) | 0) < slots).map(({ news }) => news)
    },
  }
}

function slotsOf(memory: SharedArrayBuffer): number {
  return (memory.byteLength - SLOTS_AT) / NEWS_BYTES
}

function slotAt(memory: SharedArrayBuffer, slot: number): DataView {
  return new DataView(memory, SLOTS_AT + slot * NEWS_BYTES, NEWS_BYTES)
}
