import { assert } from '../core/assert.ts'
import { min } from '../core/integer.ts'
import type { Prng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import type { MonoNs } from '../core/time.ts'
import { readSender } from './packet.ts'
import type { Mac, RangingKeys } from './packet-key.ts'
import {
  createPeerLink,
  type LinkReport,
  type PeerEntry,
  type PeerLink,
  type PeerLinkLimits,
  type RangingAction,
  type SendToken,
} from './peer-link.ts'
import type { RangingClock } from './stamp.ts'

/** The ranging of one node: a link to every peer, over one socket that belongs to the caller. Pure. */
export interface Ranging {
  /** A TLS session with the peer is up: its exchange starts afresh under these keys. What was measured is kept. */
  setKeys(peer: number, keys: RangingKeys, now: MonoNs): void
  /** The session is gone: no more packets to or from the peer. What was measured ages on. */
  dropKeys(peer: number): void
  nextWakeAt(): MonoNs | undefined
  /** When one request is due, makes one to every peer: a node is woken once for all of them. A spurious wake is a no-op. */
  wake(now: MonoNs, clock: RangingClock): readonly RangingAction[]
  /** A datagram as it came from the socket, from anybody. */
  receive(bytes: Uint8Array, stamp: Stamp, clock: RangingClock): readonly RangingAction[]
  /** When the packet of a `send` left: at once for stamps of this program, some time later for those of the kernel. */
  sent(token: SendToken, stamp: Stamp, clock: RangingClock): readonly RangingAction[]
  /** The ranging row of a proposal whose mark is `now`: sorted by peer, without the peers that have no entry. */
  row(now: MonoNs, clock: RangingClock): readonly PeerEntry[]
  /** One report for each peer, sorted by peer. */
  links(now: MonoNs): readonly LinkReport[]
  /** How often each fault occurred since the start, by its code. */
  faultCounts(): ReadonlyMap<string, number>
}

export interface RangingOptions {
  readonly self: number
  readonly peers: readonly number[]
  readonly mac: Mac
  readonly prng: Prng
  /** Whatever is not given is as in `RANGING_LIMITS`. */
  readonly limits?: Partial<PeerLinkLimits>
}

/** 8 requests a second to each peer, which it answers with room for four times that. */
const RANGING_LIMITS: PeerLinkLimits = {
  requestPeriodNs: 125_000_000n,
  answerNsMax: 2_000_000_000n,
  outstandingMax: 32,
  answersPerSecond: 32,
  answersBurst: 16,
  samplesMax: 128,
  ageNsMax: 10_000_000_000n,
  silenceNsMax: 2_000_000_000n,
}

export function createRanging({ self, peers, mac, prng, ...options }: RangingOptions): Ranging {
  const limits: PeerLinkLimits = { ...RANGING_LIMITS, ...options.limits }
  const sorted = peers.toSorted((a, b) => a - b)
  const links = new Map(sorted.map((peer) => [peer, createPeerLink({ self, peer, mac, prng, limits })] as const))
  assert(!links.has(self) && links.size === peers.length, 'the peers are the other members, each once')
  const faultCounts = new Map<string, number>()

  const linkTo = (peer: number): PeerLink => {
    const link = links.get(peer)
    assert(link !== undefined, `member ${peer} is no peer of ${self}`)
    return link
  }

  const counted = (actions: readonly RangingAction[]): readonly RangingAction[] => {
    for (const action of actions) {
      if (action.type === 'fault') faultCounts.set(action.fault.code, (faultCounts.get(action.fault.code) ?? 0) + 1)
    }
    return actions
  }

  const deliver = (bytes: Uint8Array, stamp: Stamp, clock: RangingClock): readonly RangingAction[] => {
    const sender = readSender(bytes)
    if (!sender.ok) return [{ type: 'fault', fault: sender.fault }]
    const link = links.get(sender.value)
    if (link !== undefined) return link.receive(bytes, stamp, clock)
    const message = `ranging packet: expected one from a peer of ${self}, got one from ${sender.value}`
    return [{ type: 'fault', fault: { code: 'ranging.sender', message } }]
  }

  const nextWakeAt = (): MonoNs | undefined => {
    const due = [...links.values()].map((link) => link.nextRequestAt()).filter((at) => at !== undefined)
    return due.length === 0 ? undefined : due.reduce(min)
  }

  const askAll = (now: MonoNs, clock: RangingClock): readonly RangingAction[] => {
    const dueAt = nextWakeAt()
    if (dueAt === undefined || now < dueAt) return []
    const up = [...links.values()].filter((link) => link.nextRequestAt() !== undefined)
    const requests = up.flatMap((link) => link.request(now, clock))
    // The first one's jitter is everybody's: the earliest of several would be early on the whole.
    const next = up[0]?.nextRequestAt()
    if (next !== undefined) for (const link of up) link.requestAt(next)
    return requests
  }

  return {
    setKeys: (peer, keys, now) => linkTo(peer).setKeys(keys, now),
    dropKeys: (peer) => linkTo(peer).dropKeys(),
    nextWakeAt,
    wake: (now, clock) => counted(askAll(now, clock)),
    receive: (bytes, stamp, clock) => counted(deliver(bytes, stamp, clock)),
    sent: (token, stamp, clock) => counted(linkTo(token.peer).sent(token, stamp, clock)),
    row: (now, clock) =>
      [...links.values()].map((link) => link.entry(now, clock)).filter((entry) => entry !== undefined),
    links: (now) => [...links.values()].map((link) => link.report(now)),
    faultCounts: () => faultCounts,
  }
}
