import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** A TCP and a UDP port of loopback that nobody uses at this moment. */
export async function freePorts(): Promise<{ readonly clusterPort: number; readonly rangingPort: number }> {
  return { clusterPort: await freeTcpPort(), rangingPort: await freeUdpPort() }
}

function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
