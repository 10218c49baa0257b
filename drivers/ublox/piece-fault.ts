import { unreachable } from '../../src/core/assert.ts'
import type { Fault } from '../../src/core/fault.ts'
import { damagedSentenceFault } from '../nmea/damaged-piece.ts'
import type { SentencePiece } from '../nmea/framer.ts'
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
    case 'oversize':
      return damagedSentenceFault(piece)
    default:
      return unreachable(piece)
  }
}
