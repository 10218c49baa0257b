import type { SecureContext } from 'node:tls'
import { assert } from '../core/assert.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { attemptsAfterLink, backOffCapMs, backOffMs, barMs, strikesAfterLink, turnedAwayMs } from './back-off.ts'
import { dial } from './dial.ts'
import type { Link, LinkHandle, LinkHooks, LinkPeer, Traffic } from './link.ts'
import type { ListenLimits } from './listener.ts'
import type { MeshOptions, MeshPeer } from './mesh-options.ts'

/** A member and everything that connects us with it. */
export interface Peer extends LinkPeer {
  readonly member: MeshPeer
  link: Link | undefined
  upAtMs: number
  linksUp: number
  attempts: number
  /** How often in a row it reset a connection before a handshake. */
  turnedAway: number
  /** How often it sent what no correct member sends, and until when it therefore gets no link. */
  strikes: number
  barredUntilMs: number
  dialling: LinkHandle | undefined
  redial: NodeJS.Timeout | undefined
  lastFault: Fault | undefined
}

/** Who there is, and who is there. */
export interface Roster {
  readonly options: MeshOptions
  readonly limits: ListenLimits
  readonly peers: ReadonlyMap<number, Peer>
  readonly byKey: ReadonlyMap<string, Peer>
  readonly secureContext: SecureContext
  closed: boolean
}

const KEY_HASH_BYTES = 48
/** Ids are u16 in the exporter's context. */
const ID_MAX = 0xffff

/** Fault `transport.peers`: peers that cannot be told apart by id and key. */
export function createPeers(self: number, members: readonly MeshPeer[]): Result<Map<number, Peer>> {
  const peers = new Map<number, Peer>()
  const keys = new Set<string>()
  for (const member of members) {
    const { id, tlsKeyHash } = member
    if (!Number.isSafeInteger(id) || id < 0 || id > ID_MAX || id === self || peers.has(id)) {
      return fail('transport.peers', `peers of member ${self}: expected the other members, each once, got id ${id}`)
    }
    if (tlsKeyHash.length !== KEY_HASH_BYTES || keys.has(toHex(tlsKeyHash))) {
      return fail(
        'transport.peers',
        `member ${id}: expected a TLS key hash of 48 bytes that no other member has, got another`,
      )
    }
    keys.add(toHex(tlsKeyHash))
    peers.set(id, createPeer(member))
  }
  return ok(peers)
}

function createPeer(member: MeshPeer): Peer {
  const traffic: Traffic = { framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0 }
  return {
    id: member.id,
    member,
    traffic,
    link: undefined,
    upAtMs: 0,
    linksUp: 0,
    attempts: 0,
    turnedAway: 0,
    strikes: 0,
    barredUntilMs: 0,
    dialling: undefined,
    redial: undefined,
    lastFault: undefined,
  }
}

/** The hooks of one connection; `dialled` is the member that it was made to, undefined when it came from outside. */
export function connectionHooks(roster: Roster, dialled?: Peer): LinkHooks {
  const { options } = roster
  let own: Link | undefined
  return {
    identify: (keyHash, where) => identify(roster, dialled, keyHash, where),
    hello: options.helloPayload,
    acceptHello: options.acceptHello,
    onFrame: options.onFrame,
    onUp: (id, link) => {
      own = link
      cameUp(roster, peerOf(roster, id), link)
    },
    onEnd: (id, fault) => {
      const peer = dialled ?? (id === undefined ? undefined : peerOf(roster, id))
      if (peer !== undefined) wentDown(roster, peer, own, fault)
      if (dialled !== undefined) {
        dialled.turnedAway = fault.code === 'transport.turned-away' ? dialled.turnedAway + 1 : 0
        redialLater(roster, dialled, own !== undefined)
      }
    },
  }
}

export function dialPeer(roster: Roster, peer: Peer): void {
  const { options, limits, secureContext } = roster
  peer.dialling = dial({
    self: options.self,
    peer: peer.id,
    address: peer.member.address,
    ownHost: options.listen.host,
    secureContext,
    limits,
    greetingMsMax: limits.greetingMsMax,
    hooks: connectionHooks(roster, peer),
  })
}

function identify(roster: Roster, dialled: Peer | undefined, keyHash: Uint8Array, where: string): Result<Peer> {
  const peer = roster.byKey.get(toHex(keyHash))
  const came =
    peer === undefined ? `an unknown key (SHA-384 ${toHex(keyHash.subarray(0, 6))}…)` : `the key of member ${peer.id}`
  if (dialled !== undefined) {
    if (equalBytes(dialled.member.tlsKeyHash, keyHash)) return ok(dialled)
    return fail('transport.wrong-key', `${where}: expected the key of member ${dialled.id}, got ${came}`)
  }
  if (peer === undefined) return fail('transport.wrong-key', `${where}: expected the key of a member, got ${came}`)
  if (peer.id < roster.options.self) return admitUnbarred(peer, where)
  return fail(
    'transport.wrong-direction',
    `${where}: expected a member with an id below ${roster.options.self}, got ${came}`,
  )
}

function admitUnbarred(peer: Peer, where: string): Result<Peer> {
  const leftMs = peer.barredUntilMs - performance.now()
  if (leftMs <= 0) return ok(peer)
  return fail(
    'transport.barred',
    `${where}: expected nothing of member ${peer.id} for another ${Math.ceil(leftMs)} ms after what it sent, got a connection`,
  )
}

/** Ends the link with a member that sent what no correct member sends, and keeps it away for a while. */
export function barPeer(peer: Peer, fault: Fault): void {
  const { link } = peer
  if (link === undefined) return
  const nowMs = performance.now()
  peer.strikes = strikesAfterLink(peer.strikes, nowMs - peer.upAtMs) + 1
  peer.barredUntilMs = nowMs + barMs(peer.strikes)
  link.close(fault)
}

function cameUp({ options }: Roster, peer: Peer, link: Link): void {
  const message = `member ${peer.id}: replaced by a new connection of the same member`
  peer.link?.close({ code: 'transport.replaced', message })
  peer.link = link
  peer.linksUp += 1
  peer.upAtMs = performance.now()
  options.onPeer({ type: 'up', peer: peer.id, rangingKeys: link.rangingKeys })
}

function wentDown({ closed, options }: Roster, peer: Peer, own: Link | undefined, fault: Fault): void {
  const wasUp = own !== undefined
  if (wasUp) peer.link = undefined
  peer.lastFault = fault
  if (!closed) options.onPeer({ type: wasUp ? 'down' : 'failed', peer: peer.id, fault })
}

function redialLater(roster: Roster, peer: Peer, wasUp: boolean): void {
  if (roster.closed) return
  const capMs = backOffCapMs(roster.peers.size + 1)
  if (wasUp) peer.attempts = attemptsAfterLink(peer.attempts, performance.now() - peer.upAtMs, capMs)
  const barredMs = peer.barredUntilMs - performance.now()
  const unit = roster.options.random()
  const waitMs = peer.turnedAway > 0 ? turnedAwayMs(peer.turnedAway, unit) : backOffMs(peer.attempts, capMs, unit)
  if (peer.turnedAway === 0) peer.attempts += 1
  peer.redial = setTimeout(() => dialPeer(roster, peer), Math.max(barredMs, waitMs))
}

function peerOf(roster: Roster, id: number): Peer {
  const peer = roster.peers.get(id)
  assert(peer !== undefined, `member ${id} is in the roster that identified it`)
  return peer
}
