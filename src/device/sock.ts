import { type Fault, ok, type Result } from '../core/fault.ts'
import type { PulseSample } from '../core/sample.ts'
import { bindUnixDatagram } from '../linux/unix-datagram.ts'
import type { ClockBridge } from './clock-bridge.ts'
import { createFaultCounter } from './fault-counter.ts'
import { decodeSockSample, edgeOf, SOCK_SAMPLE_BYTES, type SystemEdge } from './sock-sample.ts'

export interface SockReceiverOptions {
  /** Where gpsd and others expect the socket: `/run/chrony.ttyS0.sock`. */
  readonly path: string
  /** Permissions of the socket: whoever may write to it tells this appliance when a second begins. */
  readonly mode: number
  /** The name of the source in the configuration. */
  readonly source: string
  readonly bridge: ClockBridge
}

export interface SockReceiverHandlers {
  onPulse(sample: PulseSample): void
  /** `seen` is how many of this code there have been, this one included. */
  onFault(fault: Fault, seen: number): void
}

export interface SockReceiver {
  faultCounts(): ReadonlyMap<string, number>
  close(): void
}

/** Node cannot wait for such a socket, so it is asked; the datagrams carry their own time and lose nothing by waiting. */
const POLL_MS = 20

/** Instruments send one a second. A flood stays in the kernel's queue, where it costs its sender and not the loop. */
const DATAGRAMS_PER_POLL_MAX = 16

/** An edge that is still in the future after a second was never going to happen. */
const WAITING_POLLS_MAX = 50
const WAITING_MAX = 16

interface Candidate {
  readonly edge: SystemEdge
  /** How many polls it has waited for its time to come. */
  readonly polls: number
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

  const complain = (fault: Fault): void => handlers.onFault(fault, faults.count(fault.code))

  const place = ({ edge, polls }: Candidate): void => {
    const stamp = options.bridge.toMono(edge.systemNs)
    if (stamp.ok) {
      const uncertaintyNs = stamp.value.uncertaintyNs + edge.uncertaintyNs
      handlers.onPulse({ kind: 'pulse', source: options.source, monoNs: stamp.value.monoNs, uncertaintyNs })
    } else if (
      stamp.fault.code === 'clock.stamp-too-new' &&
      polls < WAITING_POLLS_MAX &&
      waiting.length < WAITING_MAX
    ) {
      waiting.push({ edge, polls: polls + 1 })
    } else {
      complain(stamp.fault)
    }
  }

  const poll = (): void => {
    options.bridge.refresh()
    const due = waiting
    waiting = []
    for (const candidate of due) place(candidate)
    for (let received = 0; received < DATAGRAMS_PER_POLL_MAX; received++) {
      const length = socket.receive(datagram)
      if (!length.ok) {
        complain(length.fault)
        return
      }
      if (length.value === undefined) return
      const edge = readEdge(datagram, length.value)
      if (edge.ok) place({ edge: edge.value, polls: 0 })
      else complain(edge.fault)
    }
  }

  const timer = setInterval(poll, POLL_MS)
  return ok({
    faultCounts: () => faults.counts(),
    close: () => {
      clearInterval(timer)
      socket.close()
    },
  })
}

function readEdge(datagram: Uint8Array, length: number): Result<SystemEdge> {
  const sample = decodeSockSample(datagram, length)
  return sample.ok ? edgeOf(sample.value) : sample
}
