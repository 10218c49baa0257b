import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { generateSeed } from '../../../src/crypto/seed.ts'
import { createTlsIdentity, type TlsIdentity } from '../../../src/crypto/tls-identity.ts'
import { createMesh, type Mesh } from '../../../src/transport/mesh.ts'
import { unwrap } from '../../support/results.ts'
import type { Scope } from '../../support/scope.ts'
import type { Flood, FloodCounts } from './flood.ts'
import { recordHello } from './payloads.ts'

/** How long a member that has lost its link takes to be up again, with its listener attacked from here or there. */
export interface ReconnectFigures {
  readonly attackFrom: string
  readonly reconnects: number
  readonly medianMs: number
  readonly maxMs: number
  readonly generator: FloodCounts | undefined
}

/** Loopback has sixteen million addresses: one each for the honest member, another member, and somebody else. */
const HONEST = '127.0.7.1'
const LISTENER = '127.0.7.9'
const ATTACKERS = [
  ['nobody', undefined],
  ['a stranger', '127.0.7.77'],
  ['the address of another member', '127.0.7.2'],
  ['its own address', HONEST],
] as const
const NODE = fileURLToPath(new URL('reconnect-listener.ts', import.meta.url))

export async function measureReconnects(
  scope: Scope,
  flood: Flood,
  plan: { readonly seconds: number; readonly perSecond: number },
): Promise<readonly ReconnectFigures[]> {
  const [own, listener, other] = [0, 1, 2].map(() => createTlsIdentity(generateSeed())) as [
    TlsIdentity,
    TlsIdentity,
    TlsIdentity,
  ]
  const port = await startListener(scope, listener, [own, other])
  const payload = await recordHello()
  const rows: ReconnectFigures[] = []
  for (const [attackFrom, source] of ATTACKERS) {
    console.error(`hostile: reconnects, attack from ${attackFrom}, ${plan.seconds} s`)
    const attack =
      source === undefined
        ? undefined
        : flood.run({ kind: 'hello', host: LISTENER, port, ...plan, sources: [source], payload }, [])
    const taken = await reconnect(own, listener, port, plan.seconds)
    const sorted = taken.toSorted((a, b) => a - b)
    rows.push({
      attackFrom,
      reconnects: taken.length,
      medianMs: Math.round(sorted[sorted.length >> 1] ?? Number.NaN),
      maxMs: Math.round(sorted.at(-1) ?? Number.NaN),
      generator: await attack,
    })
  }
  return rows
}

/** The listener is member 9 in a process of its own: what the attack costs it, it does not cost the one that measures. */
function startListener(scope: Scope, identity: TlsIdentity, peers: readonly TlsIdentity[]): Promise<number> {
  const child = spawn(process.execPath, [NODE], { stdio: ['pipe', 'pipe', 'inherit'] })
  scope.after(() => child.kill('SIGKILL'))
  child.stdin.end(
    JSON.stringify({
      host: LISTENER,
      certificatePem: identity.certificatePem,
      privateKeyPem: identity.privateKeyPem,
      peers: peers.map(({ keyHash }, id) => ({
        host: id === 0 ? HONEST : '127.0.7.2',
        keyHash: Buffer.from(keyHash).toString('hex'),
      })),
    }),
  )
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)))
  })
}

/** Comes up, loses the link, and comes again, as a member does whose process is started again. */
async function reconnect(
  identity: TlsIdentity,
  listener: TlsIdentity,
  port: number,
  seconds: number,
): Promise<readonly number[]> {
  const taken: number[] = []
  const untilMs = performance.now() + seconds * 1_000
  while (performance.now() < untilMs) {
    const up = Promise.withResolvers<void>()
    const begunAtMs = performance.now()
    const mesh: Mesh = unwrap(
      await createMesh({
        self: 0,
        identity,
        peers: [{ id: 9, tlsKeyHash: listener.keyHash, address: { host: LISTENER, port } }],
        listen: { host: HONEST, port: 0 },
        random: Math.random,
        helloPayload: () => Uint8Array.of(1),
        acceptHello: () => undefined,
        onFrame: () => undefined,
        onPeer: ({ type }) => {
          if (type === 'up') up.resolve()
        },
      }),
    )
    await up.promise
    taken.push(performance.now() - begunAtMs)
    await mesh.close()
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return taken
}
