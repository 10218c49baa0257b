import type { Fault, Result } from '../core/fault.ts'
import { createPrng } from '../core/prng.ts'
import type { MonoNs } from '../core/time.ts'
import { hmacSha256 } from '../crypto/hmac.ts'
import type { Stamping } from '../device/kernel-stamped-socket.ts'
import { sendTogether } from '../device/stamp-service.ts'
import type { SocketAddress } from '../device/stamped-socket.ts'
import { createWakeTimer } from '../device/wake-timer.ts'
import type { RangingClock } from '../fusion/ranging-clock.ts'
import { readMonoNs } from '../linux/clock.ts'
import { PACKET_BYTES, PACKET_MAGIC } from '../ranging/packet.ts'
import type { LinkReport, RangingAction, PeerEntry as RangingRow, SendToken } from '../ranging/peer-link.ts'
import { createRanging } from '../ranging/ranger.ts'
import type { RangingKeys } from '../transport/ranging-keys.ts'
import { type ChosenRangingSocket, openChosenSocket, type RangingSocketChoice } from './ranging-socket-choice.ts'

/** Ranging with its socket and its timer: the peers' ranging clocks against the own one. */
export interface RangingPort {
  setKeys(peer: number, keys: RangingKeys): void
  dropKeys(peer: number): void
  row(now: MonoNs): readonly RangingRow[]
  links(now: MonoNs): readonly LinkReport[]
  faultCounts(): ReadonlyMap<string, number>
  /** Who stamps its packets, why nobody better, and what was lost on the way, by its reason. */
  standing(): RangingStanding
  close(): Promise<void>
}

export interface RangingStanding {
  readonly stamps: Stamping['kind']
  readonly reason: string | undefined
  readonly lost: Readonly<Record<string, number>>
}

/** Where a peer is, and which other addresses its packets may come from. */
export interface RangingPeer {
  readonly id: number
  readonly ranging: SocketAddress
  readonly alsoFrom?: readonly string[] | undefined
}

export interface RangingPortOptions extends Omit<RangingSocketChoice, 'filter'> {
  readonly self: number
  readonly peers: readonly RangingPeer[]
  readonly clock: RangingClock
  readonly seed: number
  /** The socket failed. */
  onFault(fault: Fault): void
  /** A packet from anybody was refused. */
  onPacketFault(fault: Fault): void
}

export async function openRangingPort(options: RangingPortOptions): Promise<Result<RangingPort>> {
  const { self, peers, clock } = options
  const ranging = createRanging({
    self,
    peers: peers.map(({ id }) => id),
    mac: hmacSha256,
    prng: createPrng(options.seed),
  })
  const addresses = new Map(peers.map(({ id, ranging: address }) => [id, address]))
  const timer = createWakeTimer((now) => {
    perform(ranging.wake(now, clock))
    timer.arm(ranging.nextWakeAt())
  })
  // Whoever is no peer can not even wake the thread that stamps; the tag of a packet is still all that proves its sender.
  const from = peers.flatMap((peer) => [peer.ranging.address, ...(peer.alsoFrom ?? [])])
  const filter = { from: [...new Set(from)], bytes: PACKET_BYTES, begins: PACKET_MAGIC }
  const opened = await openChosenSocket<SendToken>(
    { ...options, filter },
    {
      onPacket: (bytes, _from, received) => perform(ranging.receive(bytes, received, clock)),
      onSent: (token, sent) => perform(ranging.sent(token, sent, clock)),
      onFault: options.onFault,
    },
  )
  if (!opened.ok) return opened
  const socket: ChosenRangingSocket<SendToken> = opened.value

  function perform(actions: readonly RangingAction[]): void {
    sendTogether(() => {
      for (const action of actions) {
        if (action.type === 'fault') options.onPacketFault(action.fault)
        if (action.type !== 'send') continue
        const address = addresses.get(action.peer)
        if (address !== undefined) socket.send(action.bytes, address, action.token)
      }
    })
  }

  return {
    ok: true,
    value: {
      setKeys: (peer, keys) => {
        ranging.setKeys(peer, keys, readMonoNs())
        timer.arm(ranging.nextWakeAt())
      },
      dropKeys: (peer) => {
        ranging.dropKeys(peer)
        timer.arm(ranging.nextWakeAt())
      },
      row: (now) => ranging.row(now, clock),
      links: (now) => ranging.links(now),
      faultCounts: () => ranging.faultCounts(),
      standing: () => {
        const { kind, reason } = socket.stamping
        return { stamps: kind, reason: reason?.message, lost: Object.fromEntries(socket.lost()) }
      },
      close: async () => {
        timer.arm(undefined)
        await socket.close()
      },
    },
  }
}
