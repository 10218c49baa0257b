import type { Fault } from '../../src/core/fault.ts'
import { type DamagedPiece, SENTENCE_CHARACTERS_MAX } from './framer.ts'

/** What is wrong with a piece that began like a sentence. Faults `nmea.cut`, `nmea.oversize`. */
export function damagedSentenceFault({ kind, text }: Exclude<DamagedPiece, { readonly kind: 'noise' }>): Fault {
  const begin = `"${text.slice(0, 20)}…"`
  if (kind === 'cut') {
    return { code: 'nmea.cut', message: `expected all of a sentence, got ${begin} and then another or none` }
  }
  const message = `expected at most ${SENTENCE_CHARACTERS_MAX} characters, got more from ${begin} on`
  return { code: 'nmea.oversize', message }
}
