import { type Fault, ok, type Result } from '../core/fault.ts'
import { createPrng } from '../core/prng.ts'
import { hmacSha256 } from '../crypto/hmac.ts'
import { openRangingSocket } from '../device/ranging-socket.ts'
import { createWakeTimer } from '../device/wake-timer.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { SendToken } from '../ranging/peer-exchange.ts'
import { createRanging, type RangingAction } from '../ranging/ranger.ts'
import type { RangingPort, RangingPortOptions } from './ranging-port.ts'

/**
 * Ranging in this thread, with a socket of Node and stamps of this program. `reason`: why those of the kernel are not to be
 * had, where they were wanted. Faults: those of `openRangingSocket`.
 */
export async function openLoopRanging(
  options: RangingPortOptions,
  reason: Fault | undefined,
): Promise<Result<RangingPort>> {
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
  const opened = await openRangingSocket<SendToken>(options.listen, readMonoNs, {
    onPacket: (bytes, _from, received) => perform(ranging.receive(bytes, received, clock)),
    onSent: (token, sent) => perform(ranging.sent(token, sent, clock)),
    onFault: options.onFault,
  })
  if (!opened.ok) return opened
  const socket = opened.value

  function perform(actions: readonly RangingAction[]): void {
    for (const action of actions) {
      if (action.type === 'fault') options.onPacketFault(action.fault, 1)
      if (action.type !== 'send') continue
      const address = addresses.get(action.peer)
      if (address !== undefined) socket.send(action.bytes, address, action.token)
    }
  }

  return ok({
    setKeys: (peer, keys) => {
      ranging.setKeys(peer, keys, readMonoNs())
      timer.arm(ranging.nextWakeAt())
    },
    dropKeys: (peer) => {
      ranging.dropKeys(peer)
      timer.arm(ranging.nextWakeAt())
    },
    // Every packet is stamped on the clock as it is.
    follow: () => undefined,
    row: (now) => ranging.row(now, clock),
    links: (now) => ranging.links(now),
    faultCounts: () => ranging.faultCounts(),
    standing: () => ({ stamps: 'user', reason: reason?.message, lost: {} }),
    close: async () => {
      timer.arm(undefined)
      await socket.close()
    },
  })
}
