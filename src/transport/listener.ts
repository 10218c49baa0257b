import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { type Address, formatAddress } from './address.ts'
import { describeError, type LinkHandle, type LinkHooks, type LinkLimits, runLink } from './link.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

const STALLED = 'transport.stalled'

/** What strangers may cost. */
export interface ListenLimits extends LinkLimits {
  /** How long handshake and both Hellos may take together. */
  readonly greetingMsMax: number
  /** Connections that are open without being up. */
  readonly pendingMax: number
  /** Handshakes begun per second over time, and at once. */
  readonly acceptsPerSecond: number
  readonly acceptsBurst: number
}

export interface ListenOptions {
  readonly self: number
  readonly address: Address
  readonly tls: SecureContextOptions
  readonly limits: ListenLimits
  /** The hooks of one more connection. */
  readonly createHooks: () => LinkHooks
}

/** Connections from outside, whoever made them. */
export interface InboundCounts {
  readonly accepted: number
  /** Open at this moment, without being up. */
  readonly pending: number
  /** Closed at once: too many were pending, or too many came in a short time. */
  readonly turnedAway: number
  readonly handshakesFailed: number
  /** Handshakes with a key that may not connect, or none. */
  readonly refused: number
  /** No Hello in time. */
  readonly stalled: number
  /** Of those that no member is known to have made. */
  readonly lastFault: Fault | undefined
}

export interface Listener {
  /** Where it really listens: the port that the system chose, if 0 was asked for. */
  readonly address: Address
  inbound(): InboundCounts
  /** Ends every connection that came in, for this reason. Resolves when they are gone and the port is free. */
  close(fault: Fault): Promise<void>
}

/** One connection between its arrival and being up. */
interface Pending {
  readonly socket: Socket
  /** The remote end, which a socket forgets when it is closed. */
  readonly end: string
  deadline: NodeJS.Timeout | undefined
  /** There from the end of the handshake on. */
  link: LinkHandle | undefined
  failure: Fault | undefined
}

interface State {
  readonly options: ListenOptions
  readonly bucket: TokenBucket
  readonly tls: TlsServer
  readonly open: Set<Socket>
  /** By the remote end, which is all that a TLS socket and the TCP socket under it have in common. */
  readonly pending: Map<string, Pending>
  readonly counts: { -readonly [K in Exclude<keyof InboundCounts, 'pending'>]: InboundCounts[K] }
}

/** Listens for members. Faults: `transport.port-in-use`, `transport.listen`. */
export async function listen(options: ListenOptions): Promise<Result<Listener>> {
  const { limits } = options
  const state: State = {
    options,
    bucket: createTokenBucket(limits.acceptsPerSecond, limits.acceptsBurst),
    // The chain means nothing here: certificates are self-signed and the key is looked up among the members'.
    tls: createTlsServer({ ...options.tls, requestCert: true, rejectUnauthorized: false }),
    open: new Set(),
    pending: new Map(),
    counts: { accepted: 0, turnedAway: 0, handshakesFailed: 0, refused: 0, stalled: 0, lastFault: undefined },
  }
  state.tls.on('secureConnection', (socket) => secured(state, socket))
  state.tls.on('tlsClientError', (error, socket) => {
    const pending = state.pending.get(remoteEnd(socket))
    if (pending !== undefined) pending.failure ??= handshakeFault(pending.end, describeError(error))
    socket.destroy()
  })
  const server = createTcpServer({ noDelay: true }, (socket) => arrived(state, socket))
  const bound = await bind(server, options.address)
  if (!bound.ok) return bound
  return ok({
    address: bound.value,
    inbound: () => ({ ...state.counts, pending: state.pending.size }),
    close: async (fault) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      for (const { link } of state.pending.values()) link?.close(fault)
      for (const socket of state.open) socket.destroy()
      await promise
    },
  })
}

async function bind(server: TcpServer, { host, port }: Address): Promise<Result<Address>> {
  const { promise, resolve } = Promise.withResolvers<Result<Address>>()
  server.on('error', (error: NodeJS.ErrnoException) => {
    const where = `listen ${formatAddress(host, port)}`
    resolve(
      error.code === 'EADDRINUSE'
        ? fail('transport.port-in-use', `${where}: expected a free port, got one that another process listens on`)
        : fail('transport.listen', `${where}: expected to listen, got ${describeError(error)}`),
    )
  })
  server.listen({ host, port }, () => {
    const address = server.address()
    resolve(ok({ host, port: address !== null && typeof address === 'object' ? address.port : port }))
  })
  return promise
}

function arrived(state: State, socket: Socket): void {
  const { limits } = state.options
  const end = remoteEnd(socket)
  const pending: Pending = { socket, end, deadline: undefined, link: undefined, failure: undefined }
  state.counts.accepted += 1
  socket.on('error', (error) => {
    pending.failure ??= handshakeFault(end, describeError(error))
  })
  if (state.pending.size >= limits.pendingMax || !state.bucket.take(performance.now())) {
    state.counts.turnedAway += 1
    socket.resetAndDestroy()
    return
  }
  pending.deadline = setTimeout(() => stalled(state, pending), limits.greetingMsMax)
  state.pending.set(end, pending)
  state.open.add(socket)
  socket.on('close', () => gone(state, pending))
  state.tls.emit('connection', socket)
}

function secured(state: State, socket: TLSSocket): void {
  const { self, limits, createHooks } = state.options
  const pending = state.pending.get(remoteEnd(socket))
  if (pending === undefined) {
    socket.destroy()
    return
  }
  const hooks = createHooks()
  pending.link = runLink(socket, {
    self,
    role: 'listener',
    where: `connection from ${pending.end}`,
    limits,
    hooks: {
      ...hooks,
      onUp: (peer, link) => {
        settle(state, pending)
        hooks.onUp(peer, link)
      },
      onEnd: (peer, fault) => {
        if (peer === undefined) {
          state.counts.refused += 1
          state.counts.lastFault = fault
        }
        hooks.onEnd(peer, fault)
      },
    },
  })
}

function stalled(state: State, pending: Pending): void {
  const { greetingMsMax } = state.options.limits
  const message = `connection from ${pending.end}: expected handshake and Hello within ${greetingMsMax} ms, got no Hello`
  state.counts.stalled += 1
  pending.failure = { code: STALLED, message }
  pending.link?.close(pending.failure)
  pending.socket.destroy()
}

function gone(state: State, pending: Pending): void {
  settle(state, pending)
  state.open.delete(pending.socket)
  if (pending.link !== undefined) return
  const fault = pending.failure ?? handshakeFault(pending.end, 'the end of the connection')
  if (fault.code !== STALLED) state.counts.handshakesFailed += 1
  state.counts.lastFault = fault
}

/** The end of being pending. The remote end may be back with another connection before this one was seen to go. */
function settle(state: State, pending: Pending): void {
  clearTimeout(pending.deadline)
  if (state.pending.get(pending.end) === pending) state.pending.delete(pending.end)
}

function handshakeFault(end: string, came: string): Fault {
  return { code: 'transport.handshake', message: `connection from ${end}: expected a TLS 1.3 handshake, got ${came}` }
}

function remoteEnd(socket: Socket): string {
  return formatAddress(socket.remoteAddress, socket.remotePort)
}
