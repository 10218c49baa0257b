import type { Fault } from '../core/fault.ts'
import type { Stamp } from '../core/stamp.ts'
import { type PhcNs, phcNs, realtimeNs } from '../core/time.ts'
import { lowerEvent } from '../linux/event-fd.ts'
import type { MessageReader, ReadMessage } from '../linux/message-reader.ts'
import { pollDescriptors, type Readiness } from '../linux/poll.ts'
import { SO_ERROR, SOL_SOCKET } from '../linux/socket-abi.ts'
import { readOption } from '../linux/socket-options.ts'
import { SCM_TSTAMP_SND, SO_EE_ORIGIN_TIMESTAMPING } from '../linux/stamping-abi.ts'
import { sendDatagram } from '../linux/udp-socket.ts'
import type { ClockBridge } from './clock-bridge.ts'
import type { PacketToSend, SentFrame, StampBatch, StampedPacket } from './stamp-messages.ts'

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
}

/** Reads packets and transmit stamps of all sockets as they come, and brings every stamp to the local oscillator at once. */
export interface StampPump {
  add(socket: PumpedSocket): void
  remove(id: number): void
  /** Sends now; what the kernel refuses is told with the next turn. Packets for sockets that are gone are dropped. */
  send(id: number, packet: PacketToSend): void
  /** Waits for at most `waitMs`, then reads what there is: nothing of a socket that had nothing. */
  turn(waitMs: number): readonly StampBatch[]
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
      const { wakeFd } = parts
      const fds = sockets.map(({ fd }) => fd)
      const polled = pollDescriptors(wakeFd === undefined ? fds : [...fds, wakeFd], waitMs)
      if (wakeFd !== undefined && polled.ok && polled.value.at(-1)?.readable === true) lowerEvent(wakeFd)
      parts.bridge.refresh()
      for (const { hardware } of sockets) hardware?.refresh()
      if (!polled.ok) return sockets.map((socket) => emptyBatch(socket.id, polled.fault))
      const batches = sockets.map((socket, index) => readSocket(parts, socket, polled.value[index]))
      const broken = new Set(batches.filter((batch) => batch?.fault !== undefined).map((batch) => batch?.id))
      for (const [index, { id }] of [...sockets.entries()].reverse()) if (broken.has(id)) sockets.splice(index, 1)
      return batches.filter((batch) => batch !== undefined)
    },
  }
}

function emptyBatch(id: number, fault: Fault | undefined): StampBatch {
  return { id, packets: [], sent: [], unsent: [], lost: new Map(), fault }
}

function readSocket(parts: StampPumpParts, socket: Pumped, ready: Readiness | undefined): StampBatch | undefined {
  const unsent = socket.unsent.splice(0)
  const hasNews = ready !== undefined && (ready.readable || ready.errors || ready.invalid)
  if (!hasNews) return unsent.length === 0 ? undefined : { ...emptyBatch(socket.id, undefined), unsent }
  if (ready.invalid) {
    return emptyBatch(socket.id, {
      code: 'socket.closed',
      message: `socket ${socket.fd}: expected it open, got it closed`,
    })
  }
  const lost = new Map<string, number>()
  const lose = (code: string): void => {
    lost.set(code, (lost.get(code) ?? 0) + 1)
  }
  // Transmit stamps first: they share the memory of the socket with the packets.
  const sent = ready.errors ? readSent(parts, socket, lose) : []
  const packets = ready.readable ? readPackets(parts, socket, lose) : []
  return { id: socket.id, packets, sent, unsent, lost, fault: undefined }
}

function readSent(parts: StampPumpParts, socket: Pumped, lose: (code: string) => void): readonly SentFrame[] {
  const sent: SentFrame[] = []
  for (let reads = 0; reads < READS_PER_TURN; reads++) {
    const read = parts.reader.read(socket.fd, 'errors')
    if (!read.ok) lose(read.fault.code)
    if (!read.ok || read.value === undefined) {
      // An error without a message stands until it is asked for, and would end every wait at once.
      if (reads === 0 && readOption(socket.fd, SOL_SOCKET, SO_ERROR) !== 0) lose('socket.error')
      break
    }
    const { error, bytes } = read.value
    if (error?.origin !== SO_EE_ORIGIN_TIMESTAMPING || error.info !== SCM_TSTAMP_SND) lose('socket.foreign-error')
    else sent.push({ frame: bytes, stamp: bestStamp(parts, socket, read.value, lose) })
  }
  return sent
}

function readPackets(parts: StampPumpParts, socket: Pumped, lose: (code: string) => void): readonly StampedPacket[] {
  const packets: StampedPacket[] = []
  for (let reads = 0; reads < READS_PER_TURN; reads++) {
    const read = parts.reader.read(socket.fd, 'packets')
    const now = parts.stampNow()
    // Undelivered errors of the socket come this way; the packets behind them come with the next read.
    if (!read.ok) lose(read.fault.code)
    else if (read.value === undefined) break
    else if (read.value.cut || read.value.from === undefined) lose('socket.cut')
    else if (((socket.handed - socket.taken()) | 0) >= QUEUE_MAX) lose('socket.flood')
    else {
      const { bytes, from } = read.value
      packets.push({ bytes, from, stamp: bestStamp(parts, socket, read.value, lose) ?? now })
      socket.handed = (socket.handed + 1) | 0
    }
  }
  return packets
}

/**
 * The card's stamp, else the kernel's, else none. Its error is that of the conversion: the card and the kernel take
 * their stamps inside the flight, after a packet was handed over and before it is delivered.
 */
function bestStamp(
  { bridge }: StampPumpParts,
  { hardware }: Pumped,
  { softwareNs, hardwareNs, controlCut }: ReadMessage,
  lose: (code: string) => void,
): Stamp | undefined {
  if (controlCut) {
    lose('stamp.cut')
    return undefined
  }
  if (hardware !== undefined && hardwareNs !== undefined) {
    const placed = hardware.toMono(phcNs(hardwareNs))
    if (placed.ok) return { at: placed.value.monoNs, errorNs: placed.value.uncertaintyNs, kind: 'hardware' }
    lose(placed.fault.code)
  }
  if (softwareNs === undefined) {
    lose('stamp.none')
    return undefined
  }
  const placed = bridge.toMono(realtimeNs(softwareNs))
  if (placed.ok) return { at: placed.value.monoNs, errorNs: placed.value.uncertaintyNs, kind: 'kernel' }
  lose(placed.fault.code)
  return undefined
}
