import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { divFloor } from '../../../src/core/integer.ts'
import { type MonoNs, NS_PER_SECOND } from '../../../src/core/time.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'
import { startDaemon } from '../../hil/daemon.ts'
import { createFalseTime, distortionOf, type FalseTime } from './distortion.ts'
import { withFalseClock } from './false-process.ts'
import { onLine } from './lines.ts'
import type { RangingNodeOptions, RangingWord } from './ranging-node.ts'
import { createSeries, type Figures } from './series.ts'
import { type BenchmarkWorld, NODES } from './world.ts'

const PROGRAM = fileURLToPath(new URL('ranging-node.ts', import.meta.url))
const PORT = 4461
/** The window of a link holds ten seconds. */
const SETTLING_MS = 12_000

interface End {
  readonly falseTime: FalseTime
  clock: { readonly monoNs: bigint; readonly rangingNs: bigint; readonly ratePpb: bigint } | undefined
  readonly stampKinds: Set<string>
  readonly smallestNs: bigint[]
}

/** With the best stamps that there are, as appliances have them. */
export function measureRanging(world: BenchmarkWorld): Promise<readonly Figures[]> {
  return measureWith('kernel', world)
}

/** With stamps that the program takes. */
export function measureUserStamps(world: BenchmarkWorld): Promise<readonly Figures[]> {
  return measureWith('user', world)
}

/** Four ends, each ranging the other three: what stands in their rows against how their clocks truly stand. */
async function measureWith(stamps: 'kernel' | 'user', world: BenchmarkWorld): Promise<readonly Figures[]> {
  const { seconds, progress } = world
  const series = createSeries('ranging')
  const since = readMonoNs()
  const ends: End[] = NODES.map((node) => ({
    falseTime: createFalseTime(distortionOf(node, since)),
    clock: undefined,
    stampKinds: new Set(),
    smallestNs: [],
  }))
  let isSettled = false
  for (const [self, end] of ends.entries()) {
    startEnd(world, self, since, stamps, (word) => {
      if (word.type === 'clock') end.clock = numbers(word)
      if (!isSettled) return
      if (word.type === 'link') {
        end.stampKinds.add(word.stampKind)
        end.smallestNs.push(BigInt(word.roundTripNsMin))
      } else if (word.type === 'entry') {
        const truth = truthOf(end, ends[word.peer] as End, BigInt(word.monoNs))
        series.add(BigInt(word.phiNs) - truth, BigInt(word.boundNs))
      }
    })
  }
  progress(`ranging: settling for ${SETTLING_MS / 1_000} s, then ${seconds} s`)
  await sleep(SETTLING_MS)
  isSettled = true
  await sleep(seconds * 1_000)
  isSettled = false
  const smallest = ends.flatMap(({ smallestNs }) => smallestNs).sort((one, other) => Number(one - other))
  progress(`ranging: the smallest round trip of ten seconds was ${smallest[smallest.length >> 1]} ns in the median`)
  const kinds = new Set(ends.flatMap(({ stampKinds }) => [...stampKinds]))
  return [{ ...series.figures(), what: `ranging, stamps: ${[...kinds].join(' and ')}` }]
}

function startEnd(
  { scope, network, progress }: BenchmarkWorld,
  self: number,
  since: MonoNs,
  stamps: 'kernel' | 'user',
  hear: (word: RangingWord) => void,
): void {
  const distortion = distortionOf(self, since)
  const ratePpb = createFalseTime(distortion).rateToTruthPpb
  const options: RangingNodeOptions = { self, addresses: NODES.map(network.address), port: PORT, stamps, ratePpb }
  const words = withFalseClock(distortion, [PROGRAM, JSON.stringify(options)])
  const [command = '', ...rest] = [...network.within(self), ...words]
  const { child, output } = startDaemon(scope, command, rest)
  // A signal is the end of the benchmark.
  child.once('exit', (code) => {
    if (code !== null) progress(`ranging: end ${self} ended with ${code}: ${output()}`)
  })
  onLine(child, (line) => hear(JSON.parse(line) as RangingWord))
}

/** R_peer − R_own at the true instant at which the own oscillator showed `monoNs`. */
function truthOf(own: End, peer: End, monoNs: bigint): bigint {
  const trueNs = own.falseTime.trueAt(monoNs)
  return rangingAt(peer, peer.falseTime.shownAt(trueNs)) - rangingAt(own, monoNs)
}

function rangingAt({ clock }: End, monoNs: bigint): bigint {
  if (clock === undefined) throw new Error('expected an end to tell of its clock before anything else')
  const elapsedNs = monoNs - clock.monoNs
  return clock.rangingNs + elapsedNs + divFloor(elapsedNs * clock.ratePpb, NS_PER_SECOND)
}

function numbers({ monoNs, rangingNs, ratePpb }: RangingWord & { type: 'clock' }): NonNullable<End['clock']> {
  return { monoNs: BigInt(monoNs), rangingNs: BigInt(rangingNs), ratePpb: BigInt(ratePpb) }
}
