import { ok, type Result } from '../core/fault.ts'
import { between, type MonoNs, plus } from '../core/time.ts'
import { type ClockPair, readClockPair } from '../linux/clock.ts'
import { openUnixDatagram } from '../linux/unix-datagram.ts'
import { encodeSockSample, pulseAt } from './sock-sample.ts'

/** Tells the receiver at a chrony-SOCK socket of pulses, as gpsd does for a real one. */
export interface SockSender {
  /**
   * The edge was at local instant `edgeAt`. The two clocks are compared now and taken to run alike from one instant to
   * the other, so an edge is best told at once. Fault: `unix.send` (nobody there, or nobody reading).
   */
  send(edgeAt: MonoNs): Result<void>
  close(): void
}

export function openSockSender(path: string, readPair: () => ClockPair = readClockPair): Result<SockSender> {
  const opened = openUnixDatagram()
  if (!opened.ok) return opened
  const socket = opened.value
  return ok({
    send: (edgeAt) => {
      const { monoNs, shownNs } = readPair()
      return socket.sendTo(path, encodeSockSample(pulseAt(plus(shownNs, between(monoNs, edgeAt)))))
    },
    close: () => socket.close(),
  })
}
