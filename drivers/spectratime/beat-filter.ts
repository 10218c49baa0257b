import type { MonoNs } from '../../src/core/time.ts'

/** A sentence that stood among the answers, from its `$` to the last character before its line end. */
export interface Beat {
  readonly text: string
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
}

/**
 * Takes the unit's own sentences out of the stream of its answers, into the middle of which they are put: no answer has a
 * dollar. What is left is as if they had never come.
 */
export interface BeatFilter {
  take(bytes: Uint8Array, at: MonoNs): { readonly answers: Uint8Array; readonly beats: readonly Beat[] }
}

const DOLLAR = 0x24
const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const TILDE = 0x7e
/** PTNTA has 52; what is longer is something else. */
const CHARACTERS_MAX = 128

export function createBeatFilter(): BeatFilter {
  let text: string | undefined
  let firstByteAt: MonoNs | undefined
  let lastByteAt: MonoNs | undefined
  let afterBeat = false

  return {
    take(bytes, at) {
      const answers: number[] = []
      const beats: Beat[] = []
      for (const byte of bytes) {
        const wasAfterBeat = afterBeat
        afterBeat = false
        if (byte === DOLLAR) {
          text = '$'
          firstByteAt = at
          lastByteAt = at
        } else if (text === undefined) {
          // The line feed belongs to the sentence that its carriage return ended.
          if (!(wasAfterBeat && byte === LF)) answers.push(byte)
        } else if (byte === CR || byte === LF) {
          beats.push({ text, firstByteAt: firstByteAt ?? at, lastByteAt: lastByteAt ?? at })
          text = undefined
          afterBeat = byte === CR
        } else if (byte < SPACE || byte > TILDE || text.length >= CHARACTERS_MAX) {
          // Not one of its sentences: what came of it is given up, and the stream goes on.
          text = undefined
        } else {
          text += String.fromCharCode(byte)
          lastByteAt = at
        }
      }
      return { answers: Uint8Array.from(answers), beats }
    },
  }
}
