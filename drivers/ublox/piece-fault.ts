import { unreachable } from '../../src/core/assert.ts'
import type { Fault } from '../../src/core/fault.ts'
import { SENTENCE_CHARACTERS_MAX, type SentencePiece } from '../nmea/framer.ts'
import { nameOf } from './frame.ts'
import type { FramePiece, UbloxPiece } from './framer.ts'

/** What is wrong with a piece that is neither a frame nor a sentence. */
export function pieceFault(piece: Exclude<UbloxPiece, FramePiece | SentencePiece>): Fault {
  switch (piece.kind) {
    case 'checksum': {
      const message = `${nameOf(piece.key)}: expected the checksum of its ${piece.payloadBytes} bytes, got another`
      return { code: 'ublox.checksum', message }
    }
    case 'cut-frame': {
      const message = `${nameOf(piece.key)}: expected all of its ${piece.payloadBytes} bytes, got a rest in their midst`
      return { code: 'ublox.cut-frame', message }
    }
    case 'noise': {
      const message = `expected frames and sentences, got ${piece.bytes} bytes in which none begins`
      return { code: 'ublox.noise', message }
    }
    case 'cut':
      return {
        code: 'nmea.cut',
        message: `expected all of a sentence, got ${begin(piece.text)} and then another or none`,
      }
    case 'oversize': {
      const message = `expected at most ${SENTENCE_CHARACTERS_MAX} characters, got more from ${begin(piece.text)} on`
      return { code: 'nmea.oversize', message }
    }
    default:
      return unreachable(piece)
  }
}

function begin(text: string): string {
  return `"${text.slice(0, 20)}…"`
}
