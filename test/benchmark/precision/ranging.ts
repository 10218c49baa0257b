import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { divFloor } from '../../../src/core/integer.ts'
import { NS_PER_SECOND } from '../../../src/core/time.ts'
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
  stampKinds: Set<string>
}

/** Four ends, each ranging the other three: what stands in their rows against how their clocks truly stand. */
export async function measureRanging({
  scope,
  network,
  seconds,
  progress,
}: BenchmarkWorld): Promise<readonly Figures[]> {
  const addresses = NODES.map(network.address)
  const since = readMonoNs()
  const series = createSeries('ranging')
  let settled = false
  const ends: End[] = NODES.map((node) => ({
    falseTime: createFalseTime(distortionOf(node, since)),
    clock: undefined,
    stampKinds: new Set(),
  }))
  for (const self of NODES) {
    const end = ends[self] as End
    const options: RangingNodeOptions = { self, addresses, port: PORT, ratePpb: end.falseTime.rateToTruthPpb }
    const words = withFalseClock(distortionOf(self, since), [PROGRAM, JSON.stringify(options)])
    const [command = '', ...rest] = [...network.within(self), ...words]
    const { child, output } = startDaemon(scope, command, rest)
    child.once('exit', (code) => {
      if (settled || code !== null) progress(`ranging: end ${self} ended with ${code}: ${output()}`)
    })
    onLine(child, (line) => {
      const word = JSON.parse(line) as RangingWord
      if (word.type === 'clock') end.clock = numbers(word)
      else if (word.type === 'link') end.stampKinds.add(word.stampKind ?? 'none')
      else if (settled) {
        const truth = truthOf(end, ends[word.peer] as End, BigInt(word.monoNs))
        series.add(BigInt(word.phiNs) - truth, BigInt(word.boundNs))
      }
    })
  }
  progress(`ranging: settling for ${SETTLING_MS / 1_000} s, then ${seconds} s`)
  await sleep(SETTLING_MS)
  settled = true
  await sleep(seconds * 1_000)
  settled = false
  const kinds = [...new Set(ends.flatMap(({ stampKinds }) => [...stampKinds]))].filter((kind) => kind !== 'none')
  return [{ ...series.figures(), what: `ranging, stamps: ${kinds.join(' and ')}` }]
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
