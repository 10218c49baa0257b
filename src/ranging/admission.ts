import { equalBytes } from '../core/bytes.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import { decodePacket, type RangingPacket } from './packet.ts'
import type { PacketKey } from './packet-key.ts'
import { createReplayWindow } from './replay-window.ts'
import type { SessionMemory } from './session-memory.ts'
import { type SegmentId, sameSegment } from './stamp.ts'

/** A packet that may be used, once. */
export interface Admitted {
  readonly packet: RangingPacket
  /** The segment of the peer's ranging clock that the packet is the first to tell of. */
  readonly entered: SegmentId | undefined
}

/** Decides which packets of one session with one peer are used. */
export interface Admission {
  /**
   * Faults: those of `decodePacket`; `ranging.replay` for a request seen before and a response that is not awaited;
   * `ranging.boot` and `ranging.segment` for a clock that the peer cannot have now.
   */
  admit(bytes: Uint8Array): Result<Admitted>
  /** The segment that the peer's ranging clock is in; undefined before its first packet. */
  peerSegment(): SegmentId | undefined
}

export function createAdmission(
  self: number,
  peer: number,
  key: PacketKey,
  awaits: (sequence: bigint) => boolean,
  memory: SessionMemory,
): Admission {
  const requestsSeen = createReplayWindow(memory)
  let known: SegmentId | undefined
  return {
    admit: (bytes) => {
      const decoded = decodePacket(bytes, peer, self, key)
      if (!decoded.ok) return decoded
      const packet = decoded.value
      const { type, sequence, bootId, segment } = packet
      // Before anything else is believed: a replayed packet names a segment that was true once.
      const fresh = type === 'request' ? requestsSeen.accept(sequence) : awaits(sequence)
      if (!fresh) return { ok: false, fault: replayed(packet) }
      if (known !== undefined && sameSegment(known, packet)) return ok({ packet, entered: undefined })
      const stale = known === undefined ? undefined : staleSegment(packet, known)
      if (stale !== undefined) return { ok: false, fault: stale }
      known = { bootId, segment }
      return ok({ packet, entered: known })
    },
    peerSegment: () => known,
  }
}

function replayed({ type, sender, sequence }: RangingPacket): Fault {
  const expected = type === 'request' ? 'each number once' : 'an awaited number'
  const message = `ranging ${type} from ${sender}: expected ${expected}, got ${sequence} again or too late`
  return { code: 'ranging.replay', message }
}

/** Within one session the peer is one process, whose segments count up: anything else was held back on the way. */
function staleSegment(packet: RangingPacket, known: SegmentId): Fault | undefined {
  const from = `ranging packet from ${packet.sender}`
  if (!equalBytes(packet.bootId, known.bootId)) {
    return { code: 'ranging.boot', message: `${from}: expected one bootId in a session, got another` }
  }
  if (packet.segment > known.segment) return undefined
  const message = `${from}: expected segment ${known.segment} or a later one, got ${packet.segment}`
  return { code: 'ranging.segment', message }
}
