import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { type Address, formatAddress } from './address.ts'
import { createInboundCounter, type InboundCounter, type InboundCounts } from './inbound-counts.ts'
import { awaitClientHello, type Knock } from './knock.ts'
import { describeError, type LinkHandle, type LinkHooks, type LinkLimits, runLink } from './link.ts'
import { createPlaces, type Dialler, type Places } from './places.ts'
import { createTurnstile, type Place, type Turnstile, type TurnstileLimits } from './turnstile.ts'

/** What strangers may cost. */
export interface ListenLimits extends LinkLimits, TurnstileLimits {
  /** How long all of it may take together, from the connection to both Hellos. */
  readonly greetingMsMax: number
  /** Connections from one address that have not said a ClientHello yet, beside two for each member there. */
  readonly knockingMax: number
}

export interface ListenOptions {
  readonly self: number
  readonly address: Address
  readonly tls: SecureContextOptions
  readonly limits: ListenLimits
  /** Who may come. */
  readonly diallers: readonly Dialler[]
  isLinked(member: number): boolean
  /** The hooks of one more connection. */
  readonly createHooks: () => LinkHooks
  /** A connection ended that no member is known to have made. Anybody can cause this at any rate. */
  onRefused(fault: Fault): void
}

export interface Listener {
  /** Where it really listens: the port that the system chose, if 0 was asked for. */
  readonly address: Address
  inbound(): InboundCounts
  /** Ends every connection that came in, for this reason. Resolves when they are gone and the port is free. */
  close(fault: Fault): Promise<void>
}

/** One connection between its arrival and being up. */
interface Visitor {
  readonly socket: Socket
  /** The remote end, which a socket forgets when it is closed. */
  readonly end: string
  readonly place: Place
  /** Until its handshake begins. */
  knock: Knock | undefined
  deadline: NodeJS.Timeout | undefined
  /** There from the end of the handshake on. */
  link: LinkHandle | undefined
  failure: Fault | undefined
}

interface State {
  readonly options: ListenOptions
  readonly places: Places
  readonly turnstile: Turnstile<Visitor>
  readonly tls: TlsServer
  readonly counter: InboundCounter
  readonly open: Set<Socket>
  /** By the remote end, which is all that a TLS socket and the TCP socket under it have in common. */
  readonly visitors: Map<string, Visitor>
  /** Those that have said no ClientHello yet, by address, the oldest first. */
  readonly knocking: Map<string, Set<Visitor>>
  wake: NodeJS.Timeout | undefined
}

/**
 * Listens for members. A connection goes through four gates, each of which costs less than the next: the address, which has
 * to be that of a member that dials; a ClientHello, whole and soon; a turn; and the handshake, after which the key counts.
 * Faults: `transport.port-in-use`, `transport.listen`.
 */
export async function listen(options: ListenOptions): Promise<Result<Listener>> {
  const state: State = {
    options,
    places: createPlaces(options.diallers),
    turnstile: createTurnstile(options.limits),
    // The chain means nothing here: certificates are self-signed and the key is looked up among the members'.
    tls: createTlsServer({ ...options.tls, requestCert: true, rejectUnauthorized: false }),
    counter: createInboundCounter((fault) => options.onRefused(fault)),
    open: new Set(),
    visitors: new Map(),
    knocking: new Map(),
    wake: undefined,
  }
  state.tls.on('secureConnection', (socket) => secured(state, socket))
  state.tls.on('tlsClientError', (error, socket) => {
    const visitor = state.visitors.get(remoteEnd(socket))
    if (visitor !== undefined) visitor.failure ??= handshakeFault(visitor.end, describeError(error))
    socket.destroy()
  })
  const server = createTcpServer({ noDelay: true }, (socket) => arrived(state, socket))
  const bound = await bind(server, options.address)
  if (!bound.ok) {
    state.places.close()
    return bound
  }
  return ok({
    address: bound.value,
    inbound: () => state.counter.counts(state.visitors.size),
    close: async (fault) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      state.places.close()
      clearTimeout(state.wake)
      for (const { link } of state.visitors.values()) link?.close(fault)
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
  const { options, counter, visitors } = state
  const end = remoteEnd(socket)
  counter.accept()
  // Whatever becomes of it: an error that nobody listens to ends the process.
  socket.on('error', () => undefined)
  if (socket.remoteAddress === undefined) {
    socket.destroy()
    counter.refuseStranger({ code: 'transport.no-hello', message: 'connection: expected one that lasts, got its end' })
    return
  }
  const place = placeOf(state, socket.remoteAddress)
  // Whose queue is full is not even heard: what it has to say would change nothing, and costs as much as all the rest.
  if (place === undefined || state.turnstile.isFull(place)) {
    socket.resetAndDestroy()
    counter.refuseStranger(place === undefined ? strangerFault(end) : crowdedFault(end))
    return
  }
  const visitor: Visitor = {
    socket,
    end,
    place,
    knock: undefined,
    deadline: undefined,
    link: undefined,
    failure: undefined,
  }
  socket.on('error', (error) => {
    if (visitor.knock === undefined) visitor.failure ??= handshakeFault(end, describeError(error))
  })
  socket.on('close', () => gone(state, visitor))
  state.open.add(socket)
  visitors.set(end, visitor)
  visitor.deadline = setTimeout(() => stalled(state, visitor), options.limits.greetingMsMax)
  knockAt(state, visitor)
}

/** Who comes when enough stand at the door takes the place of whoever stood there longest and said nothing. */
function knockAt(state: State, visitor: Visitor): void {
  const { place, socket, end } = visitor
  const knocking = state.knocking.get(place.address) ?? new Set()
  state.knocking.set(place.address, knocking.add(visitor))
  if (knocking.size > state.options.limits.knockingMax + 2 * place.members) {
    const [oldest] = knocking
    if (oldest !== undefined)
      turnAway(state, oldest, 'transport.crowded', 'a ClientHello at once, got many connections that say none')
  }
  visitor.knock = awaitClientHello(socket, end, {
    onHello: () => {
      forgetKnock(state, visitor)
      if (state.turnstile.enqueue(place, visitor)) serve(state)
      else refuse(state, visitor, crowdedFault(end))
    },
    onRefused: (fault) => refuse(state, visitor, fault),
  })
}

function placeOf({ places, options }: State, address: string): Place | undefined {
  const members = places.membersAt(address)
  if (members === undefined) return undefined
  return { address, members: members.length, isLinked: () => members.every((id) => options.isLinked(id)) }
}

function turnAway(state: State, visitor: Visitor, code: string, expected: string): void {
  refuse(state, visitor, { code, message: `connection from ${visitor.end}: expected ${expected}` })
}

/** Ends it before it has shown a key, by a reset: so its other end knows at once, and no port of this one is left waiting. */
function refuse(state: State, visitor: Visitor, fault: Fault): void {
  visitor.failure ??= fault
  visitor.socket.resetAndDestroy()
  forgetKnock(state, visitor)
}

function forgetKnock({ knocking }: State, visitor: Visitor): void {
  const { address } = visitor.place
  const at = knocking.get(address)
  at?.delete(visitor)
  if (at?.size === 0) knocking.delete(address)
}

/** Begins the handshakes whose turn it is. */
function serve(state: State): void {
  const { begin, oust, wakeAtMs } = state.turnstile.turns(performance.now())
  for (const visitor of oust) {
    turnAway(state, visitor, 'transport.ousted', 'its handshake to go on, got others that waited')
  }
  for (const visitor of begin) {
    state.counter.begin()
    visitor.knock?.release()
    visitor.knock = undefined
    state.tls.emit('connection', visitor.socket)
  }
  clearTimeout(state.wake)
  state.wake = wakeAtMs === undefined ? undefined : setTimeout(() => serve(state), wakeAtMs - performance.now())
}

function secured(state: State, socket: TLSSocket): void {
  const { self, limits, createHooks } = state.options
  const visitor = state.visitors.get(remoteEnd(socket))
  if (visitor === undefined) {
    socket.destroy()
    return
  }
  const hooks = createHooks()
  visitor.link = runLink(socket, {
    self,
    role: 'listener',
    where: `connection from ${visitor.end}`,
    limits,
    hooks: {
      ...hooks,
      onUp: (peer, link) => {
        settle(state, visitor)
        hooks.onUp(peer, link)
      },
      onEnd: (peer, fault) => {
        if (peer === undefined) state.counter.refuseStranger(fault)
        else if (state.visitors.get(visitor.end) === visitor) state.counter.refuse(fault.code)
        hooks.onEnd(peer, fault)
      },
    },
  })
}

function stalled(state: State, visitor: Visitor): void {
  const { greetingMsMax } = state.options.limits
  const message = `connection from ${visitor.end}: expected handshake and Hello within ${greetingMsMax} ms, got no Hello`
  visitor.failure ??= { code: 'transport.stalled', message }
  visitor.link?.close(visitor.failure)
  visitor.socket.destroy()
}

function gone(state: State, visitor: Visitor): void {
  visitor.knock?.cancel()
  forgetKnock(state, visitor)
  settle(state, visitor)
  state.open.delete(visitor.socket)
  if (visitor.link === undefined) state.counter.refuseStranger(visitor.failure ?? lost(visitor))
}

/** The end of being pending. The remote end may be back with another connection before this one was seen to go. */
function settle(state: State, visitor: Visitor): void {
  clearTimeout(visitor.deadline)
  state.turnstile.leave(visitor)
  if (state.visitors.get(visitor.end) === visitor) state.visitors.delete(visitor.end)
}

function lost({ end, knock }: Visitor): Fault {
  if (knock === undefined) return handshakeFault(end, 'the end of the connection')
  const message = `connection from ${end}: expected a ClientHello and patience, got the end of the connection`
  return { code: 'transport.no-hello', message }
}

function strangerFault(end: string): Fault {
  const message = `connection from ${end}: expected one from the address of a member that dials this one, got a stranger`
  return { code: 'transport.stranger', message }
}

function crowdedFault(end: string): Fault {
  return {
    code: 'transport.crowded',
    message: `connection from ${end}: expected a free turn, got too many that wait for one`,
  }
}

function handshakeFault(end: string, came: string): Fault {
  return { code: 'transport.handshake', message: `connection from ${end}: expected a TLS 1.3 handshake, got ${came}` }
}

function remoteEnd(socket: Socket): string {
  return formatAddress(socket.remoteAddress, socket.remotePort)
}
