import { text } from 'node:stream/consumers'
import { createMesh } from '../../../src/transport/mesh.ts'
import { unwrap } from '../../support/results.ts'

/** Member 9 of a cluster, as a process: it is told who it is on its standard input, and says its port. */
interface Told {
  readonly host: string
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly peers: readonly { readonly host: string; readonly keyHash: string }[]
}

const { host, peers, ...identity } = JSON.parse(await text(process.stdin)) as Told
const mesh = unwrap(
  await createMesh({
    self: 9,
    identity,
    peers: peers.map((peer, id) => ({
      id,
      tlsKeyHash: new Uint8Array(Buffer.from(peer.keyHash, 'hex')),
      address: { host: peer.host, port: 1 },
    })),
    listen: { host, port: 0 },
    random: Math.random,
    helloPayload: () => Uint8Array.of(1),
    acceptHello: () => undefined,
    onFrame: () => undefined,
    onPeer: () => undefined,
  }),
)
console.log(mesh.address.port)
