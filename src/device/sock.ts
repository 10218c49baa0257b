import { type Fault, ok, type Result } from '../core/fault.ts'
import type { PulseSample } from '../core/sample.ts'
import { bindUnixDatagram } from '../linux/unix-datagram.ts'
import type { ClockBridge } from './clock-bridge.ts'
import { createFaultCounter } from './fault-counter.ts'
import { decodeSockSample, edgeOf, SOCK_SAMPLE_BYTES, type SystemEdge } from './sock-sample.ts'
import { watchDescriptor } from './stamp-service.ts'

export interface SockReceiverOptions {
  /** Where gpsd and others expect the socket: `/run/chrony.ttyS0.sock`. */
  readonly path: string
  /** Permissions of the socket: whoever may write to it tells this appliance when a second begins. */
  readonly mode: number
  /** The name of the source in the configuration. */
  readonly source: string
  /** Has pairs of every 100 ms or so: one is read with each pulse, and the one before it says how the clock ran. */
  readonly bridge: ClockBridge
}

export interface SockReceiverHandlers {
  onPulse(sample: PulseSample): void
  /** `seen` is how many of this code there have been, this one included. */
  onFault(fault: Fault, seen: number): void
}

export interface SockReceiver {
  /** Hands out at once what has come and was not read yet. */
  poll(): void
  faultCounts(): ReadonlyMap<string, number>
  /** Resolves when the path is free. */
  close(): Promise<void>
}

/** Instruments send one a second. A flood stays in the kernel's queue, where it costs its sender and not the loop. */
const DATAGRAMS_PER_READ_MAX = 16

/** How often an edge that was told before its time is looked at again. */
const LOOK_MS = 20
/** An edge that is still in the future after a second was never going to happen. */
const WAITING_LOOKS_MAX = 50
const WAITING_MAX = 16

interface Candidate {
  readonly edge: SystemEdge
  /** How often it was looked at and its time had not come. */
  readonly looks: number
}

/**
 * Receives pulses at a chrony-SOCK socket and puts them on the local oscillator. The result is a fault when the socket
 * cannot be bound; later faults are `unix.receive`, those of `sock-sample.ts` and those of the clock bridge.
 */
export function openSockReceiver(options: SockReceiverOptions, handlers: SockReceiverHandlers): Result<SockReceiver> {
  const bound = bindUnixDatagram(options.path, options.mode)
  if (!bound.ok) return bound
  const socket = bound.value
  const faults = createFaultCounter()
  const datagram = new Uint8Array(SOCK_SAMPLE_BYTES)
  let waiting: Candidate[] = []
  let look: NodeJS.Timeout | undefined
  let closed: Promise<void> | undefined

  const complain = (fault: Fault): void => handlers.onFault(fault, faults.count(fault.code))

  const place = ({ edge, looks }: Candidate): void => {
    const stamp = options.bridge.toMono(edge.systemNs)
    if (stamp.ok) {
      const uncertaintyNs = stamp.value.uncertaintyNs + edge.uncertaintyNs
      handlers.onPulse({ kind: 'pulse', source: options.source, monoNs: stamp.value.monoNs, uncertaintyNs })
    } else if (
      stamp.fault.code === 'clock.stamp-too-new' &&
      looks < WAITING_LOOKS_MAX &&
      waiting.length < WAITING_MAX
    ) {
      waiting.push({ edge, looks: looks + 1 })
      look ??= setTimeout(lookAgain, LOOK_MS)
    } else {
      complain(stamp.fault)
    }
  }

  const lookAgain = (): void => {
    look = undefined
    const due = waiting
    waiting = []
    for (const candidate of due) place(candidate)
  }

  const read = (): void => {
    for (let received = 0; received < DATAGRAMS_PER_READ_MAX; received++) {
      const length = socket.receive(datagram)
      if (!length.ok) {
        complain(length.fault)
        return
      }
      if (length.value === undefined) return
      const edge = readEdge(datagram, length.value)
      if (edge.ok) place({ edge: edge.value, looks: 0 })
      else complain(edge.fault)
    }
  }

  // While no thread waits for the socket it is looked at: the kernel keeps no more than a few datagrams.
  let polling: NodeJS.Timeout | undefined = setInterval(read, LOOK_MS)
  const watched = watchDescriptor(socket.fd, {
    onReadable: () => {
      clearInterval(polling)
      polling = undefined
      if (closed !== undefined) return
      read()
      watched.taken()
    },
    onFault: () => {
      if (closed === undefined) polling ??= setInterval(read, LOOK_MS)
    },
  })
  return ok({
    poll: () => {
      if (closed === undefined) read()
    },
    faultCounts: () => faults.counts(),
    close: () => {
      clearTimeout(look)
      clearInterval(polling)
      closed ??= watched.release().then(() => socket.close())
      return closed
    },
  })
}

function readEdge(datagram: Uint8Array, length: number): Result<SystemEdge> {
  const sample = decodeSockSample(datagram, length)
  return sample.ok ? edgeOf(sample.value) : sample
}
