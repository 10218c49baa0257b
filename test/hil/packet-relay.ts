import { createSocket } from 'node:dgram'
import type { SocketAddress } from '../../src/device/stamped-socket.ts'

/**
 * Stands between two ends as a program, where the kernel of a test has no means to delay packets: each end takes it for the
 * other. What it forwards it counts, one JSON object a line.
 */
export interface PacketRelayOptions {
  readonly listen: SocketAddress
  readonly ends: readonly [SocketAddress, SocketAddress]
  /** How long it holds what comes from the first end, and from the second. */
  readonly holdMs: readonly [number, number]
  /** How often it sends each packet. */
  readonly copies: number
  /** Packets of noise that it sends to the first end every 10 ms; half of them look like packets of the second end. */
  readonly noise: number
}

export interface PacketRelayWord {
  /** How many packets came from the first end, and from the second. */
  readonly came: readonly [number, number]
  readonly noise: number
}

const options = JSON.parse(process.argv[2] ?? '') as PacketRelayOptions
const { ends, holdMs, copies } = options
const came: [number, number] = [0, 0]
let noise = 0
const socket = createSocket('udp4')
const send = (bytes: Uint8Array, to: SocketAddress): void => socket.send(bytes, to.port, to.address, () => undefined)

socket.on('message', (bytes, { address }) => {
  const from = address === ends[0].address ? 0 : 1
  came[from] += 1
  setTimeout(() => {
    for (let copy = 0; copy < copies; copy++) send(bytes, ends[1 - from] as SocketAddress)
  }, holdMs[from])
})
socket.bind(options.listen.port, options.listen.address)
/** A head as a packet of the second end has it: magic, version, request, no stamps, sender 1. */
const HEAD = [0x51, 0x54, 0x52, 0x50, 1, 1, 0, 0, 0, 1]
setInterval(() => {
  for (let packet = 0; packet < options.noise; packet++) {
    const bytes = crypto.getRandomValues(new Uint8Array(104))
    if (packet % 2 === 0) bytes.set(HEAD)
    send(bytes, ends[0])
    noise += 1
  }
}, 10)
setInterval(() => console.log(JSON.stringify({ came, noise } satisfies PacketRelayWord)), 250)
