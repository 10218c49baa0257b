import { openRangingPort, type RangingPort, type RangingStanding } from '../../src/agent/ranging-port.ts'
import type { RangingSocketChoice } from '../../src/agent/ranging-socket-choice.ts'
import { sha256 } from '../../src/core/hash.ts'
import { driftNs } from '../../src/core/integer.ts'
import type { SocketAddress } from '../../src/device/stamped-socket.ts'
import { createRangingClock } from '../../src/fusion/ranging-clock.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { unwrap } from '../support/results.ts'

/** One end of ranging between two, as a program: it tells what would stand in a proposal, one JSON object a line. */
export interface RangingEndOptions extends Omit<RangingSocketChoice, 'filter'> {
  readonly self: 0 | 1
  readonly peer: SocketAddress
  /** Addresses that the peer's packets may come from as well. */
  readonly alsoFrom?: readonly string[]
}

export type RangingEndWord =
  /** By how much its ranging clock is ahead of the oscillator, for good. */
  | { readonly type: 'clock'; readonly aheadNs: string }
  | {
      readonly type: 'entry'
      readonly phiNs: string
      readonly boundNs: string
      readonly stampKind: string | undefined
    }
  | {
      readonly type: 'standing'
      readonly standing: RangingStanding
      readonly up: boolean
      readonly faults: Readonly<Record<string, number>>
      readonly residentBytes: number
    }

const READ_MS = 50
const KEYS = ['to the first', 'to the second'].map((name) => sha256(new TextEncoder().encode(name)))

const options = JSON.parse(process.argv[2] ?? '') as RangingEndOptions
const { self, peer, alsoFrom } = options
const other = 1 - self
const clock = createRangingClock(new Uint8Array(16).fill(self + 1), 200n, readMonoNs())
// As from hardware that was good for a long time: what is left is what a crystal of this class may wander.
clock.learn({ ppb: 0, uncertaintyPpb: 60, baselineNs: 0n }, readMonoNs())
const port = unwrap(
  await openRangingPort({
    ...options,
    peers: [{ id: other, ranging: peer, alsoFrom }],
    clock,
    seed: self,
    onFault: ({ message }) => console.error(message),
    onPacketFault: () => undefined,
  }),
)
port.setKeys(other, { send: KEYS[other] as Uint8Array, receive: KEYS[self] as Uint8Array })

const now = readMonoNs()
say({ type: 'clock', aheadNs: String(clock.at(now) - now) })
tell(port)
setInterval(() => {
  const up = port.links(readMonoNs())[0]?.up === true
  const faults = Object.fromEntries(port.faultCounts())
  say({ type: 'standing', standing: port.standing(), up, faults, residentBytes: process.memoryUsage.rss() })
}, 500)
process.once('SIGTERM', () => {
  port.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})

function tell({ row, links }: RangingPort): void {
  const at = readMonoNs()
  for (const { phiNs, uncertaintyNs, ageNs } of row(at)) {
    const boundNs = uncertaintyNs + driftNs(ageNs, 2n * clock.boundPpb)
    const stampKind = links(at)[0]?.stampKind
    say({ type: 'entry', phiNs: String(phiNs), boundNs: String(boundNs), stampKind })
  }
  // Not in step with the requests.
  setTimeout(() => tell(port), READ_MS * (0.5 + Math.random()))
}

function say(word: RangingEndWord): void {
  console.log(JSON.stringify(word))
}
