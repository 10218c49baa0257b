import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

export interface AppliancePorts {
  readonly clusterPort: number
  readonly rangingPort: number
}

interface HeldPort {
  readonly port: number
  release(): Promise<void>
}

/** A TCP and a UDP port of loopback for each of so many appliances: all different, and all free at this moment. */
export async function freePorts(count: number): Promise<readonly AppliancePorts[]> {
  const held = await Promise.all(Array.from({ length: count }, () => Promise.all([holdTcpPort(), holdUdpPort()])))
  // Released only when all are found, or one could be found twice.
  await Promise.all(held.flat().map(({ release }) => release()))
  return held.map(([tcp, udp]) => ({ clusterPort: tcp.port, rangingPort: udp.port }))
}

function holdTcpPort(): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      resolve({ port, release: () => new Promise((released) => server.close(() => released())) })
    })
  })
}

function holdUdpPort(): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      resolve({ port, release: () => new Promise((released) => socket.close(() => released())) })
    })
  })
}
