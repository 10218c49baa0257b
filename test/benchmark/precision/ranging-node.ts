import { openRangingPort, type RangingPort } from '../../../src/agent/ranging-port.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { driftNs } from '../../../src/core/integer.ts'
import { createRangingClock } from '../../../src/fusion/ranging-clock.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'
import { unwrap } from '../../support/results.ts'

/**
 * One end of ranging alone: the product's ranging port, with keys that all were handed. It tells what stands in the row of
 * a proposal at instants of its own choosing, one JSON object a line.
 */
export interface RangingNodeOptions {
  readonly self: number
  readonly addresses: readonly string[]
  readonly port: number
  readonly stamps: 'kernel' | 'user'
  /** The rate that it would have learnt from its hardware, ppb. */
  readonly ratePpb: number
}

export type RangingWord =
  /** Its ranging clock: at local instant `monoNs` it showed `rangingNs`, and it runs `ratePpb` faster than the oscillator. */
  | { readonly type: 'clock'; readonly monoNs: string; readonly rangingNs: string; readonly ratePpb: string }
  | {
      readonly type: 'entry'
      readonly peer: number
      readonly monoNs: string
      readonly phiNs: string
      readonly boundNs: string
    }
  | { readonly type: 'link'; readonly peer: number; readonly stampKind: string; readonly roundTripNsMin: string }

/** As well as a crystal's rate can be learnt: a third of its class's floor, which is then what it promises. */
const LEARNT_TO_PPB = 60
const READ_MS = 100

const { self, addresses, port, stamps, ratePpb } = JSON.parse(process.argv[2] ?? '') as RangingNodeOptions
const peers = addresses.flatMap((address, id) => (id === self ? [] : [{ id, ranging: { address, port } }]))
const clock = createRangingClock(new Uint8Array(16).fill(self + 1), 200n, readMonoNs())
clock.learn({ ppb: ratePpb, uncertaintyPpb: LEARNT_TO_PPB, baselineNs: 0n }, readMonoNs())
const ranging = unwrap(
  await openRangingPort({
    self,
    peers,
    listen: { address: addresses[self] ?? '', port },
    stamps,
    clock,
    seed: self,
    onFault: ({ message }) => console.error(message),
    onPacketFault: () => undefined,
  }),
)
for (const { id } of peers) ranging.setKeys(id, { send: keyFrom(self, id), receive: keyFrom(id, self) })

const since = readMonoNs()
say({ type: 'clock', monoNs: String(since), rangingNs: String(clock.at(since)), ratePpb: String(clock.ratePpb) })
tell(ranging)
setInterval(() => {
  for (const { peer, stampKind, roundTripNsMin } of ranging.links(readMonoNs())) {
    if (stampKind === undefined || roundTripNsMin === undefined) continue
    say({ type: 'link', peer, stampKind, roundTripNsMin: String(roundTripNsMin) })
  }
}, 1_000)

function tell(port: RangingPort): void {
  const now = readMonoNs()
  for (const { peer, phiNs, uncertaintyNs, ageNs } of port.row(now)) {
    // All promise the same here, as nobody's rate is known better.
    const boundNs = uncertaintyNs + driftNs(ageNs, 2n * clock.boundPpb)
    say({ type: 'entry', peer, monoNs: String(now), phiNs: String(phiNs), boundNs: String(boundNs) })
  }
  // Not in step with the requests.
  setTimeout(() => tell(port), READ_MS * (0.5 + Math.random()))
}

function keyFrom(from: number, to: number): Uint8Array {
  return sha256(new TextEncoder().encode(`${from} to ${to}`))
}

function say(word: RangingWord): void {
  console.log(JSON.stringify(word))
}
