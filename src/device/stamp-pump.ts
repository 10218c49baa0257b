import type { Fault } from '../core/fault.ts'
import type { Stamp } from '../core/stamp.ts'
import type { PhcNs } from '../core/time.ts'
import { lowerEvent } from '../linux/event-fd.ts'
import type { MessageReader, ReadMessage } from '../linux/message-reader.ts'
import { pollDescriptors, type Readiness } from '../linux/poll.ts'
import { SO_ERROR, SOL_SOCKET } from '../linux/socket-abi.ts'
import type { InternetAddress } from '../linux/socket-address.ts'
import { readOption } from '../linux/socket-options.ts'
import { SCM_TSTAMP_SND, SO_EE_ORIGIN_TIMESTAMPING } from '../linux/stamping-abi.ts'
import { sendDatagram } from '../linux/udp-socket.ts'
import { bestStamp } from './best-stamp.ts'
import type { ClockBridge } from './clock-bridge.ts'
import type { ReadableWatch } from './readable-watch.ts'
import type { PacketToSend, StampBatch } from './stamp-messages.ts'

/** A socket that a pump reads. */
export interface PumpedSocket {
  readonly id: number
  readonly fd: number
  /** The clock of its card; undefined where the kernel stamps alone. */
  readonly hardware: ClockBridge<PhcNs> | undefined
  /** How many packets of this socket were taken from the queue so far, modulo 2^32. */
  taken(): number
  /** One more packet to send was taken. */
  countSent(): void
}

export interface StampPumpParts {
  readonly reader: MessageReader
  readonly bridge: ClockBridge
  readonly stampNow: () => Stamp
  /** Ends a wait when it is raised; it is lowered then. */
  readonly wakeFd?: number
  /** Others that end a wait. */
  readonly others?: Pick<ReadableWatch, 'descriptors'> & { hear(ready: readonly Readiness[]): void }
}

/** Reads packets and transmit stamps of all sockets as they come, and brings every stamp to the local oscillator at once. */
export interface StampPump {
  add(socket: PumpedSocket): void
  remove(id: number): void
  /** Sends now; what the kernel refuses is told with the next turn. Packets for sockets that are gone are dropped. */
  send(id: number, packet: PacketToSend): void
  /** Waits for at most `waitMs`, then reads what there is: nothing of a socket that had nothing. */
  turn(waitMs: number): readonly StampBatch[]
  /**
   * The transmit stamps that a socket has by now, without waiting: those of software are there when a packet was sent, and need
   * no turn of their own. Undefined for none.
   */
  collectSent(id: number): StampBatch | undefined
}

/** So many are read of one socket and queue before the others have their turn. */
const READS_PER_TURN = 64
/** So many packets of one socket may wait for the other thread; what comes beyond is dropped. */
export const QUEUE_MAX = 1_024

interface Pumped extends PumpedSocket {
  /** How many packets were handed on so far, modulo 2^32. */
  handed: number
  readonly unsent: { readonly serial: number; readonly fault: Fault }[]
}

export function createStampPump(parts: StampPumpParts): StampPump {
  const sockets: Pumped[] = []
  return {
    add: (socket) => sockets.push({ ...socket, handed: socket.taken(), unsent: [] }),
    remove: (id) => {
      const index = sockets.findIndex((socket) => socket.id === id)
      if (index >= 0) sockets.splice(index, 1)
    },
    send: (id, { serial, bytes, address }) => {
      const socket = sockets.find((each) => each.id === id)
      if (socket === undefined) return
      const sent = sendDatagram(socket.fd, bytes, address)
      socket.countSent()
      if (!sent.ok) socket.unsent.push({ serial, fault: sent.fault })
    },
    turn: (waitMs) => {
      const { wakeFd, bridge, others } = parts
      const fds = sockets.map(({ fd }) => fd)
      if (others !== undefined) fds.push(...others.descriptors())
      if (wakeFd !== undefined) fds.push(wakeFd)
      const polled = pollDescriptors(fds, waitMs)
      if (!polled.ok) return sockets.map((socket) => emptyBatch(socket.id, polled.fault))
      if (wakeFd !== undefined && polled.value.at(-1)?.readable === true) lowerEvent(wakeFd)
      others?.hear(polled.value.slice(sockets.length, wakeFd === undefined ? undefined : -1))
      const read = sockets.map((socket, index) => readSocket(parts, socket, polled.value[index]))
      // Once for all that was read: what comes next has a pair before it, and what was read one behind it.
      bridge.refresh()
      for (const { hardware } of sockets) hardware?.refresh()
      const batches = read.map((each) => (each === undefined ? undefined : stampAll(bridge, each)))
      for (const [index, batch] of [...batches.entries()].reverse()) {
        if (batch?.fault !== undefined) sockets.splice(index, 1)
      }
      return batches.filter((batch) => batch !== undefined)
    },
    collectSent: (id) => {
      const socket = sockets.find((each) => each.id === id)
      if (socket === undefined) return undefined
      const lost = new Map<string, number>()
      const sent = readSent(parts.reader, socket.fd, lost)
      if (sent.length + lost.size === 0) return undefined
      parts.bridge.refresh()
      socket.hardware?.refresh()
      return stampAll(parts.bridge, { socket, packets: [], sent, unsent: [], lost, fault: undefined })
    },
  }
}

function emptyBatch(id: number, fault: Fault | undefined): StampBatch {
  return { id, packets: [], sent: [], unsent: [], lost: new Map(), fault }
}

/** What was read of one socket, its stamps still on the clocks that they were taken on. */
interface Read {
  readonly socket: Pumped
  readonly packets: readonly { readonly message: ReadMessage; readonly from: InternetAddress; readonly now: Stamp }[]
  readonly sent: readonly ReadMessage[]
  readonly unsent: StampBatch['unsent']
  readonly lost: Map<string, number>
  readonly fault: Fault | undefined
}

function stampAll(software: ClockBridge, { socket, packets, sent, unsent, lost, fault }: Read): StampBatch {
  const bridges = { software, hardware: socket.hardware }
  const stampOf = (message: ReadMessage): Stamp | undefined => bestStamp(bridges, message, (code) => lose(lost, code))
  return {
    id: socket.id,
    packets: packets.map(({ message, from, now }) => ({ bytes: message.bytes, from, stamp: stampOf(message) ?? now })),
    sent: sent.map((message) => ({ frame: message.bytes, stamp: stampOf(message) })),
    unsent,
    lost,
    fault,
  }
}

function lose(lost: Map<string, number>, code: string): void {
  lost.set(code, (lost.get(code) ?? 0) + 1)
}

function readSocket(
  { reader, stampNow }: StampPumpParts,
  socket: Pumped,
  ready: Readiness | undefined,
): Read | undefined {
  const unsent = socket.unsent.splice(0)
  if (ready === undefined || (unsent.length === 0 && !(ready.readable || ready.errors || ready.invalid)))
    return undefined
  const message = `socket ${socket.fd}: expected it open, got it closed`
  const fault = ready.invalid ? { code: 'socket.closed', message } : undefined
  const lost = new Map<string, number>()
  // Transmit stamps first: they share the memory of the socket with the packets.
  const sent = ready.errors && !ready.invalid ? readSent(reader, socket.fd, lost) : []
  const packets = ready.readable && !ready.invalid ? readPackets(reader, stampNow, socket, lost) : []
  return { socket, packets, sent, unsent, lost, fault }
}

function readSent(reader: MessageReader, fd: number, lost: Map<string, number>): Read['sent'] {
  const sent: ReadMessage[] = []
  for (let reads = 0; reads < READS_PER_TURN; reads++) {
    const read = reader.read(fd, 'errors')
    if (!read.ok) lose(lost, read.fault.code)
    if (!read.ok || read.value === undefined) {
      // An error without a message stands until it is asked for, and would end every wait at once.
      if (reads === 0 && readOption(fd, SOL_SOCKET, SO_ERROR) !== 0) lose(lost, 'socket.error')
      break
    }
    const { error } = read.value
    if (error?.origin !== SO_EE_ORIGIN_TIMESTAMPING || error.info !== SCM_TSTAMP_SND) lose(lost, 'socket.foreign-error')
    else sent.push(read.value)
  }
  return sent
}

function readPackets(
  reader: MessageReader,
  stampNow: () => Stamp,
  socket: Pumped,
  lost: Map<string, number>,
): Read['packets'] {
  const packets: Read['packets'][number][] = []
  for (let reads = 0; reads < READS_PER_TURN; reads++) {
    const read = reader.read(socket.fd, 'packets')
    // Undelivered errors of the socket come this way; the packets behind them come with the next read.
    if (!read.ok) lose(lost, read.fault.code)
    else if (read.value === undefined) break
    else if (read.value.cut || read.value.from === undefined) lose(lost, 'socket.cut')
    else if (((socket.handed - socket.taken()) | 0) >= QUEUE_MAX) lose(lost, 'socket.flood')
    else {
      packets.push({ message: read.value, from: read.value.from, now: stampNow() })
      socket.handed = (socket.handed + 1) | 0
    }
  }
  return packets
}
