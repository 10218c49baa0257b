import { type AddressInfo, createServer } from 'node:net'
import { connect } from 'node:tls'
import { type LinkIdentity, tlsSettings } from '../../src/transport/tls-settings.ts'

/** The first flight of a dialler as it comes off the wire: good for whoever sends it again, and for nothing more. */
export async function recordClientHello(identity: LinkIdentity): Promise<Buffer> {
  const recorded = Promise.withResolvers<Buffer>()
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', (bytes: Buffer) => {
      recorded.resolve(bytes)
      socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = connect({ ...tlsSettings(identity), host: '127.0.0.1', port, rejectUnauthorized: false })
  client.on('error', () => client.destroy())
  const hello = await recorded.promise
  server.close()
  return hello
}
