import { BYTES_FOLLOW, FIRST_NOTE } from './recording.ts'

const HASH = 0x23
const NEWLINE = 0x0a
/** No line of ours that means something is longer. */
const LINE_CHARACTERS_MAX = 64

/**
 * Drops the notes at the head of a recording: lines that begin with a hash, until the first that does not or, in a
 * recording of ours, until the one that says so, for what an instrument says may begin with a hash as well.
 */
export function createNoteSkipper(): { skip(block: Uint8Array): Uint8Array; lines(): number } {
  let lines = 0
  let state: 'line start' | 'in a note' | 'past the notes' = 'line start'
  let isOurs = false
  let line = ''
  const endLine = (): void => {
    if (lines === 0) isOurs = line === FIRST_NOTE
    lines += 1
    state = isOurs && line === BYTES_FOLLOW ? 'past the notes' : 'line start'
    line = ''
  }
  return {
    lines: () => lines,
    skip: (block) => {
      for (const [index, byte] of block.entries()) {
        if (state === 'line start') state = byte === HASH ? 'in a note' : 'past the notes'
        if (state === 'past the notes') return block.subarray(index)
        if (byte === NEWLINE) endLine()
        else if (line.length < LINE_CHARACTERS_MAX) line += String.fromCharCode(byte)
      }
      return block.subarray(block.length)
    },
  }
}
