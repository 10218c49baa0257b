import type { TLSSocket } from 'node:tls'
import { assert } from '../core/assert.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { createFrameDecoder, encodeFrame, FRAME_HEADER_BYTES, type FrameDecoder } from './frame.ts'
import { exportRangingKeys, type RangingKeys, type Role } from './ranging-keys.ts'
import { peerKeyHash } from './tls-settings.ts'

/** A connection over which both sides have proved their keys and accepted each other's Hello. */
export interface Link {
  readonly rangingKeys: RangingKeys
  /** Queues one encoded frame. Faults: `transport.down`, `transport.send-queue` (which drops the link). */
  send(frame: Uint8Array): Result<void>
  /** Bytes that wait because the peer reads too slowly. */
  sendQueueBytes(): number
  close(fault: Fault): void
}

/** The member at the other end. */
export interface LinkPeer {
  readonly id: number
  readonly traffic: Traffic
}

/** Frames and bytes (headers included) of one peer, counted up by its links. */
export interface Traffic {
  framesIn: number
  bytesIn: number
  framesOut: number
  bytesOut: number
}

export interface LinkLimits {
  readonly helloBytesMax: number
  readonly frameBytesMax: number
  readonly sendQueueBytesMax: number
  /** A peer from which nothing came for so long is gone, whatever TCP still hopes for. */
  readonly silenceMsMax: number
}

/** What one connection asks and tells its owner; peers go by their ids. */
export interface LinkHooks {
  /** Which member this proven key belongs to, or why it may not connect. */
  identify(keyHash: Uint8Array, where: string): Result<LinkPeer>
  hello(peer: number): Uint8Array
  /** Undefined accepts; a refusal closes the connection. Also what comes after an answer to a refused Hello goes through this. */
  acceptHello(peer: number, hello: Uint8Array): Refusal | undefined
  onUp(peer: number, link: Link): void
  /** A promise holds back this peer, and only this one, until it is settled. */
  onFrame(peer: number, payload: Uint8Array): void | Promise<void>
  /** Exactly once, whether it was ever up or not; the peer is undefined as long as its key is not known. */
  onEnd(peer: number | undefined, fault: Fault): void
}

/** Why no link comes up. With an answer this side says it and hears one more frame before the connection ends. */
export interface Refusal extends Fault {
  readonly answer?: Uint8Array
}

export interface LinkOptions {
  readonly self: number
  readonly role: Role
  /** The other end, for faults: `member 2 at 10.0.0.3:4100`. */
  readonly where: string
  readonly limits: LinkLimits
  readonly hooks: LinkHooks
}

/** A connection on its way to be a link, and after. */
export interface LinkHandle {
  close(fault: Fault): void
}

interface Connection {
  readonly socket: TLSSocket
  readonly options: LinkOptions
  readonly decoder: FrameDecoder
  phase: keyof typeof LOST
  /** Set once a refused Hello has been answered. */
  parting: Fault | undefined
  where: string
  peer: LinkPeer | undefined
  silence: NodeJS.Timeout | undefined
  /** How often something came. */
  heard: number
}

/**
 * Takes a connection from TCP (dialler) or from the finished handshake (listener) to its end. The dialler speaks first
 * and the listener answers with its own Hello only when it has accepted the dialler's: in TLS 1.3 a client that the
 * server is about to refuse believes itself connected, and only the listener's Hello proves that it is.
 */
export function runLink(socket: TLSSocket, options: LinkOptions): LinkHandle {
  const connection: Connection = {
    socket,
    options,
    decoder: createFrameDecoder(),
    phase: options.role === 'dialler' ? 'connecting' : 'securing',
    parting: undefined,
    where: options.where,
    peer: undefined,
    silence: undefined,
    heard: 0,
  }
  socket.setNoDelay(true)
  socket.on('error', (error) => end(connection, connection.parting ?? lost(connection, describeError(error))))
  socket.on('close', () => end(connection, connection.parting ?? lost(connection, 'the end of the connection')))
  if (options.role === 'dialler') {
    socket.on('connect', () => {
      connection.phase = 'securing'
    })
    socket.on('secureConnect', () => secured(connection))
  } else secured(connection)
  return { close: (fault) => end(connection, fault) }
}

function secured(connection: Connection): void {
  const { socket, options, decoder } = connection
  if (connection.phase === 'ended') return
  const keyHash = peerKeyHash(socket)
  const identified =
    keyHash === undefined
      ? fail('transport.no-certificate', `${connection.where}: expected a certificate with an ML-DSA-87 key, got none`)
      : options.hooks.identify(keyHash, connection.where)
  if (!identified.ok) {
    end(connection, identified.fault)
    return
  }
  connection.peer = identified.value
  if (options.role === 'listener') connection.where = `member ${identified.value.id}, ${connection.where}`
  connection.phase = 'greeting'
  socket.on('data', (chunk: Buffer) => {
    connection.heard += 1
    connection.silence?.refresh()
    decoder.push(chunk)
    receive(connection, identified.value)
  })
  if (options.role === 'dialler') sendHello(connection, identified.value)
}

function sendHello(connection: Connection, peer: LinkPeer): void {
  const { hooks, limits } = connection.options
  const hello = hooks.hello(peer.id)
  assert(
    hello.length <= limits.helloBytesMax,
    `own Hello: expected at most ${limits.helloBytesMax} bytes, got ${hello.length}`,
  )
  const frame = encodeFrame(hello)
  assert(frame.ok, 'own Hello is a frame')
  write(connection, peer, frame.value)
}

/** Works off the chunk that the decoder holds. No other comes while a promise is awaited: the socket is paused. */
function receive(connection: Connection, peer: LinkPeer): void {
  const { socket, decoder, options } = connection
  while (connection.phase !== 'ended') {
    const next = decoder.next(connection.phase === 'up' ? options.limits.frameBytesMax : options.limits.helloBytesMax)
    if (!next.ok) {
      end(connection, { ...next.fault, message: `${connection.where}: ${next.fault.message}` })
      return
    }
    if (next.value === undefined) {
      if (socket.isPaused()) socket.resume()
      return
    }
    peer.traffic.framesIn += 1
    peer.traffic.bytesIn += FRAME_HEADER_BYTES + next.value.length
    const handled =
      connection.phase === 'up' ? options.hooks.onFrame(peer.id, next.value) : greeted(connection, peer, next.value)
    if (handled instanceof Promise) {
      socket.pause()
      handled.then(
        () => receive(connection, peer),
        (error: unknown) => {
          throw error
        },
      )
      return
    }
  }
}

function greeted(connection: Connection, peer: LinkPeer, hello: Uint8Array): void {
  const { socket, options, where } = connection
  const { hooks, limits, role, self } = options
  const refusal = hooks.acceptHello(peer.id, hello)
  if (connection.parting !== undefined) {
    end(connection, connection.parting)
    return
  }
  if (refusal?.answer !== undefined) {
    part(connection, peer, refusal.answer, refusal)
    return
  }
  if (refusal !== undefined) {
    end(connection, { code: 'transport.hello-refused', message: `${where}: Hello refused: ${refusal.message}` })
    return
  }
  if (role === 'listener') sendHello(connection, peer)
  // Either call may have led its owner to close the connection.
  if (connection.phase !== 'greeting') return
  const [dialler, listener] = role === 'dialler' ? [self, peer.id] : [peer.id, self]
  connection.phase = 'up'
  connection.silence = setTimeout(() => silent(connection), limits.silenceMsMax)
  hooks.onUp(peer.id, {
    rangingKeys: exportRangingKeys(socket, role, dialler, listener),
    send: (frame) => {
      if (connection.phase === 'up') return write(connection, peer, frame)
      return fail('transport.down', `${where}: expected a link to send over, got one that has ended`)
    },
    sendQueueBytes: () => socket.writableLength,
    close: (fault) => end(connection, fault),
  })
}

/** The other end closes when it has what it needs; whoever set a time for the greeting ends it otherwise. */
function part(connection: Connection, peer: LinkPeer, answer: Uint8Array, { message }: Fault): void {
  connection.parting = { code: 'transport.other-session', message: `${connection.where}: ${message}` }
  const frame = encodeFrame(answer)
  if (frame.ok) write(connection, peer, frame.value)
  else end(connection, connection.parting)
}

function write(connection: Connection, { traffic }: LinkPeer, frame: Uint8Array): Result<void> {
  const { socket, options, where } = connection
  const queueBytes = socket.writableLength + frame.length
  const { sendQueueBytesMax } = options.limits
  if (queueBytes > sendQueueBytesMax) {
    const message = `${where}: expected at most ${sendQueueBytesMax} bytes to wait for the peer, got ${queueBytes}`
    end(connection, { code: 'transport.send-queue', message })
    return fail('transport.send-queue', message)
  }
  socket.write(frame)
  traffic.framesOut += 1
  traffic.bytesOut += frame.length
  return ok(undefined)
}

function silent(connection: Connection): void {
  // A paused connection is silent because this side does not read.
  if (connection.socket.isPaused()) {
    connection.silence?.refresh()
    return
  }
  const { heard } = connection
  // A process that was held up finds the timer first and what came behind it.
  setImmediate(() => {
    if (connection.heard !== heard) return
    const message = `${connection.where}: expected frames, got none for ${connection.options.limits.silenceMsMax} ms`
    end(connection, { code: 'transport.silent', message })
  })
}

function end(connection: Connection, fault: Fault): void {
  if (connection.phase === 'ended') return
  connection.phase = 'ended'
  clearTimeout(connection.silence)
  connection.socket.destroy()
  connection.options.hooks.onEnd(connection.peer?.id, fault)
}

/** What it means that the connection broke, by how far it had come. */
const LOST = {
  connecting: { code: 'transport.unreachable', expected: 'a connection' },
  securing: { code: 'transport.handshake', expected: 'a TLS 1.3 handshake' },
  greeting: { code: 'transport.refused', expected: 'its Hello' },
  up: { code: 'transport.closed', expected: 'frames' },
  ended: { code: 'transport.closed', expected: 'nothing any more' },
} as const

function lost({ phase, where, socket, options }: Connection, came: string): Fault {
  const { code, expected } = LOST[phase]
  // A port that nobody listens at refuses: a reset is of somebody who has looked at where this comes from.
  const isEarly = phase === 'connecting' || (phase === 'securing' && socket.bytesRead === 0)
  if (isEarly && options.role === 'dialler' && came === 'ECONNRESET') {
    const message = `${where}: expected ${expected}, got turned away: it does not expect this address, or too many come from it`
    return { code: 'transport.turned-away', message }
  }
  return { code, message: `${where}: expected ${expected}, got ${came}` }
}

/** OpenSSL's reason or the system's code where there is one: the whole message carries file names and addresses. */
export function describeError(error: Error): string {
  const { reason, code } = error as { readonly reason?: string; readonly code?: string }
  return reason ?? code ?? error.message
}
