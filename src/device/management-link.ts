import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { fail, ok, type Result } from '../core/fault.ts'
import { bindUnixDatagram } from '../linux/unix-datagram.ts'

/** A way to the clocks that are asked for their state. What they answer is called back until it is closed. */
export interface ManagementLink {
  send(bytes: Uint8Array): Promise<Result<void>>
  close(): void
}

export type OnManagementBytes = (bytes: Uint8Array) => void

/** More than a data set; a longer datagram is cut, and then does not fit its own length. */
const DATAGRAM_BYTES_MAX = 1_500
const POLL_MS = 5
const DATAGRAMS_PER_POLL_MAX = 32

/** ptp4l's Unix socket; the own one stands beside it, where ptp4l sees it whatever sandbox it has. Faults: those of binding. */
export function openUnixManagement(socket: string, onBytes: OnManagementBytes): Result<ManagementLink> {
  const bound = bindUnixDatagram(`${socket}.quorumtime-${process.pid}`, 0o660)
  if (!bound.ok) return bound
  const into = new Uint8Array(DATAGRAM_BYTES_MAX)
  const timer = setInterval(() => {
    for (let taken = 0; taken < DATAGRAMS_PER_POLL_MAX; taken++) {
      const length = bound.value.receive(into)
      if (!length.ok || length.value === undefined) return
      onBytes(into.slice(0, length.value))
    }
  }, POLL_MS)
  return ok({
    send: (bytes) => Promise.resolve(bound.value.sendTo(socket, bytes)),
    close: () => {
      clearInterval(timer)
      bound.value.close()
    },
  })
}

export interface UdpManagementOptions {
  readonly network: 'udp4' | 'udp6'
  /** The network interface that multicast goes out by and comes in. */
  readonly interface: string
  /** A literal address; undefined: everybody on the link. */
  readonly to: string | undefined
}

/** General messages; clocks answer to this port whoever asks from where (IEEE 1588-2019, annexes C and D). */
const PORT = 320
const GROUPS = { udp4: '224.0.1.129', udp6: 'ff0e::181' } as const

/** Faults: `ptp.interface`; `ptp.socket`: the port is privileged, the group cannot be joined. */
export async function openUdpManagement(
  { network, interface: name, to }: UdpManagementOptions,
  onBytes: OnManagementBytes,
): Promise<Result<ManagementLink>> {
  const own = networkInterfaces()[name]?.find(({ family }) => family === (network === 'udp4' ? 'IPv4' : 'IPv6'))
  if (own === undefined) {
    return fail('ptp.interface', `${name}: expected a network interface with an address of ${network}, got none`)
  }
  // By its name where addresses of the link have a scope.
  const by = network === 'udp4' ? own.address : `::%${name}`
  const socket = createSocket({ type: network, reuseAddr: true, ipv6Only: network === 'udp6' })
  socket.on('message', (bytes) => onBytes(bytes))
  const opened = Promise.withResolvers<Result<void>>()
  const lost = (error: Error): void => {
    opened.resolve(fail('ptp.socket', `${name}: expected to hear PTP on port ${PORT}, got ${error.message}`))
  }
  socket.on('error', lost)
  socket.bind(PORT, () => {
    try {
      socket.addMembership(GROUPS[network], by)
      socket.setMulticastInterface(by)
      opened.resolve(ok(undefined))
    } catch (error) {
      lost(error as Error)
    }
  })
  const result = await opened.promise
  if (!result.ok) {
    socket.close()
    return result
  }
  const target = to ?? GROUPS[network]
  return ok({
    send: (bytes) =>
      new Promise((resolve) => {
        socket.send(bytes, PORT, target, (error) => {
          resolve(
            error === null ? ok(undefined) : fail('ptp.send', `${target}: expected to send, got ${error.message}`),
          )
        })
      }),
    close: () => socket.close(),
  })
}
