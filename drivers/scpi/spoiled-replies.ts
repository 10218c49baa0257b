import { utf8 } from '../../src/core/bytes.ts'
import type { Prng } from '../../src/core/prng.ts'
import type { MonoNs } from '../../src/core/time.ts'

/** How an emulated instrument says something: with its end, be that a prompt, and cut off. */
export interface ReplySpeech {
  whole(body: Uint8Array, at: MonoNs): void
  half(begin: Uint8Array, at: MonoNs): void
  /** This one breaks off, whatever the faults. */
  readonly isCut?: boolean
}

/** What the faults `garbage`, `late-reply` and `half-reply` make of the replies of an emulated instrument. */
export interface SpoiledReplies {
  /** Says a reply, or what the faults make of it. False: it is held back until the next one. */
  say(reply: string, at: MonoNs, speech: ReplySpeech): boolean
  /** Power off: what is held back is lost. */
  clear(): void
}

const SPOILED_BYTE_IN = 8

export function createSpoiledReplies(faults: ReadonlySet<string>, prng: Prng): SpoiledReplies {
  let held: ((at: MonoNs) => void) | undefined
  return {
    say(reply, at, speech) {
      const clean = utf8(reply)
      const body = faults.has('garbage')
        ? clean.map((byte) => (prng.nextBelow(SPOILED_BYTE_IN) === 0 ? prng.nextBelow(256) : byte))
        : clean
      held?.(at)
      held = faults.has('late-reply') ? (later) => speech.whole(body, later) : undefined
      if (held !== undefined) return false
      if (faults.has('half-reply') || speech.isCut === true) speech.half(body.subarray(0, body.length / 2), at)
      else speech.whole(body, at)
      return true
    },
    clear() {
      held = undefined
    },
  }
}
