import { ok, type Result } from '../core/fault.ts'
import { readMonoNs } from '../linux/clock.ts'
import { addressBytes } from '../linux/socket-address.ts'
import { openUdpSocket, type UdpSocket, type UdpSocketOptions } from '../linux/udp-socket.ts'
import { startBeat } from './beat.ts'
import { createFaultCounter } from './fault-counter.ts'
import { createSentPackets, type SentPacket } from './sent-packets.ts'
import { type Stamping, type StampingWanted, startStamping } from './socket-stamping.ts'
import type { SentFrame, StampBatch } from './stamp-messages.ts'
import { type WatchedSocketHandle, watchSocket } from './stamp-service.ts'
import type { SocketAddress, StampedSocket, StampedSocketEvents } from './stamped-socket.ts'
import { createUserStamps } from './user-stamp.ts'

/** Where a socket is and what stamps it is to have. */
export interface KernelSocketOptions extends UdpSocketOptions, StampingWanted {
  /** Packets and stamps may be told up to 50 ms late, together with others: absent, they are told as they come. */
  readonly mayWait?: boolean
}

/** A stamped socket whose stamps are the kernel's, or its card's. */
export interface KernelStampedSocket<Token> extends StampedSocket<Token> {
  readonly stamping: Stamping
  /**
   * What was lost since the start, by its reason: packets (`socket.flood`, `socket.cut`, and `socket.dropped`, those that
   * the kernel dropped by the filter or because too many waited), and stamps for which those of
   * this program stand in (`stamp.none`, `stamp.late`, `stamp.unmatched`, `clock.realtime-stepped`, …).
   */
  lost(): ReadonlyMap<string, number>
}

/**
 * Opens a UDP socket whose packets the kernel stamps. All such sockets of the process are in the hands of one thread,
 * which reads and sends: neither stamps nor packets wait for the event loop.
 *
 * The stamps lie inside the flight: a packet that leaves is stamped by the kernel when it hands it to the driver, before
 * the wire has it, and by a card when it is on the wire; one that comes is stamped by the card, or by the kernel after the
 * card's interrupt. Transmit before receive is all that ranging assumes, so what the kernel adds widens the round trip
 * alone, and the error of a stamp is that of bringing it to the local oscillator.
 *
 * A packet without a stamp that can be believed gets one of this program, of kind 'user'. Faults: those of `openUdpSocket`,
 * and `stamp.thread` where there is no thread to be had.
 */
export async function openKernelSocket<Token>(
  options: KernelSocketOptions,
  events: StampedSocketEvents<Token>,
): Promise<Result<KernelStampedSocket<Token>>> {
  const opened = openUdpSocket(options)
  if (!opened.ok) return opened
  const udp = opened.value
  const { clockPath, ...stamping } = startStamping(udp, options)
  const run = createSocketRun(udp, events)
  const watched = watchSocket(
    { fd: udp.fd, clockPath, mayWait: options.mayWait === true },
    { onBatch: run.take, onFault: events.onFault },
  )
  const lacking = await watched.watching
  if (lacking?.code === 'stamp.thread') {
    await run.close(watched)
    return { ok: false, fault: lacking }
  }
  return ok({
    local: udp.local,
    stamping: lacking === undefined ? stamping : { kind: 'kernel', reason: lacking },
    send: (bytes, to, token) => run.send(watched, bytes, to, token),
    lost: () => {
      const dropped = udp.drops() ?? 0
      return dropped === 0 ? run.lost() : new Map([...run.lost(), ['socket.dropped', dropped]])
    },
    close: () => run.close(watched),
  })
}

interface SocketRun<Token> extends Pick<KernelStampedSocket<Token>, 'lost'> {
  send(by: WatchedSocketHandle, bytes: Uint8Array, to: SocketAddress, token: Token): void
  take(batch: StampBatch): void
  close(watched: WatchedSocketHandle): Promise<void>
}

function createSocketRun<Token>(udp: UdpSocket, events: StampedSocketEvents<Token>): SocketRun<Token> {
  const waiting = createSentPackets<Token>()
  const losses = createFaultCounter()
  const stampNow = createUserStamps(readMonoNs)
  let closing: Promise<void> | undefined
  let serial = 0

  const giveUp = (packets: readonly SentPacket<Token>[]): void => {
    for (const { token, before } of packets) {
      losses.count('stamp.late')
      events.onSent(token, before)
    }
  }
  /** Nearly all have their stamps long before, so nobody is woken to look. */
  const beat = startBeat(() => {
    const at = waiting.nextExpiryAt()
    if (at === undefined || at > readMonoNs()) return
    // A loop that was held up finds the timer first and the stamps behind it.
    setImmediate(() => {
      if (closing === undefined) giveUp(waiting.expire(readMonoNs()))
    })
  })
  const left = ({ frame, stamp }: SentFrame): void => {
    const packet = waiting.take(frame)
    if (packet === undefined) losses.count('stamp.unmatched')
    else events.onSent(packet.token, stamp ?? packet.before)
  }

  return {
    lost: losses.counts,
    send: (by, bytes, to, token) => {
      if (closing !== undefined) return
      const address = udp.addressOf(to)
      if (!address.ok) {
        events.onFault(address.fault)
        return
      }
      serial += 1
      const receiver = { address: addressBytes(address.value), port: to.port }
      const packet: SentPacket<Token> = { ...receiver, serial, bytes: bytes.slice(), token, before: stampNow() }
      if (!by.send({ serial, bytes, address: address.value })) {
        losses.count('socket.backlog')
        return
      }
      giveUp(waiting.add(packet))
    },
    take: ({ packets, sent, unsent, lost, fault }) => {
      for (const refused of unsent) {
        waiting.withdraw(refused.serial)
        if (closing === undefined) events.onFault(refused.fault)
      }
      for (const [code, count] of lost) for (let seen = 0; seen < count; seen++) losses.count(code)
      for (const frame of sent) if (closing === undefined) left(frame)
      for (const { bytes, from, stamp } of packets) {
        if (closing === undefined) events.onPacket(bytes, from satisfies SocketAddress, stamp)
      }
      if (fault !== undefined && closing === undefined) events.onFault(fault)
    },
    close: (watched) => {
      closing ??= watched.release().then(() => {
        beat.stop()
        udp.close()
      })
      return closing
    },
  }
}
