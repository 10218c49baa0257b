import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'

export interface AppliancePorts {
  /** TCP. */
  readonly clusterPort: number
  /** UDP, and the next number. */
  readonly rangingPort: number
}

interface HeldPort {
  release(): Promise<void>
}

const LOOPBACK = '127.0.0.1'
const PORT_MIN = 20_000
/** Where the kernel's own choice begins unless somebody has moved it. */
const KERNEL_PORT_MIN = 32_768
const ATTEMPTS_MAX = 1_000

/**
 * For each of so many appliances two numbers in a row that are free on loopback, for TCP and for UDP, and stay so until somebody
 * takes them: no kernel hands them out by itself, to a socket that names no port or to a connection, and no other process gets
 * them from here as long as this one runs.
 */
export async function freePorts(count: number): Promise<readonly AppliancePorts[]> {
  const found: AppliancePorts[] = []
  for (let attempt = 0; attempt < ATTEMPTS_MAX && found.length < count; attempt++) {
    const first = PORT_MIN + 2 * Math.floor(Math.random() * ((kernelPortMin() - PORT_MIN) >> 1))
    if (!(await reserve(first))) continue
    if (await isFree([first, first + 1])) found.push({ clusterPort: first, rangingPort: first + 1 })
  }
  if (found.length < count) throw new Error(`expected ${count} pairs of free ports, got ${found.length}`)
  return found
}

/** The first port that the kernel may choose by itself; where it may choose nearly all, there is nothing to be had below. */
function kernelPortMin(): number {
  try {
    const first = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s+/)[0])
    return first > PORT_MIN + 1_000 ? first : KERNEL_PORT_MIN
  } catch {
    return KERNEL_PORT_MIN
  }
}

/** By a name that the kernel has once and forgets with the process that took it. */
async function reserve(port: number): Promise<boolean> {
  const server = createServer()
  const taken = await listens(server, { path: `\0quorumtime-port-${port}` })
  server.unref()
  return taken
}

async function isFree(ports: readonly number[]): Promise<boolean> {
  const held = await Promise.all(ports.flatMap((port) => [holdTcpPort(port), holdUdpPort(port)]))
  const had = held.filter((each) => each !== undefined)
  await Promise.all(had.map(({ release }) => release()))
  return had.length === held.length
}

async function holdTcpPort(port: number): Promise<HeldPort | undefined> {
  const server = createServer()
  if (!(await listens(server, { port, host: LOOPBACK }))) return undefined
  return { release: () => new Promise((released) => server.close(() => released())) }
}

function holdUdpPort(port: number): Promise<HeldPort | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => resolve(undefined))
    socket.bind(port, LOOPBACK, () => {
      resolve({ release: () => new Promise((released) => socket.close(() => released())) })
    })
  })
}

function listens(server: Server, where: { readonly path: string } | { readonly port: number; readonly host: string }) {
  return new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(where, () => resolve(true))
  })
}
