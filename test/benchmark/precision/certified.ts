import { setTimeout as sleep } from 'node:timers/promises'
import { type MonoNs, NS_PER_SECOND, plus } from '../../../src/core/time.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'
import { startCluster, type Walk } from './cluster.ts'
import { type JudgedDecision, judgeDecisions, truePrecisionNs } from './judged.ts'
import { createSeries, type Figures } from './series.ts'
import { type BenchmarkWorld, NODES } from './world.ts'

const LIAR = 3
const LIARS_MAX = 1
const WALK_PPB = 1_000n
/** Until then the rates of the oscillators are learnt; what is read before does not count. */
const SETTLING_SECONDS = 60
/** Until then the records of behaviour are learnt, and nobody lies. */
const HONEST_SECONDS = 150
const HONEST: readonly number[] = NODES.filter((id) => id !== LIAR)

/**
 * A cluster of four, one of which has instruments that begin to walk by 1 µs a second: how far the certified point and the
 * served clock of the honest are from the truth, whether the truth is in their intervals, and who is named when.
 */
export async function measureCertified(world: BenchmarkWorld): Promise<readonly Figures[]> {
  const { seconds, progress } = world
  const startedAt = readMonoNs()
  const walk: Walk = { member: LIAR, since: after(startedAt, HONEST_SECONDS), ratePpb: WALK_PPB }
  const cluster = startCluster(world, walk)
  progress(
    `certified: ${SETTLING_SECONDS} s do not count, until ${HONEST_SECONDS} s nobody lies, then ${seconds} s with a liar`,
  )
  await sleep((HONEST_SECONDS + seconds) * 1_000)
  const decisions = NODES.flatMap((id) => judgeDecisions(cluster, id))
  for (const line of namings(decisions, walk)) progress(line)
  return figuresOf(decisions, after(startedAt, SETTLING_SECONDS))
}

function after(instant: MonoNs, seconds: number): MonoNs {
  return plus(instant, BigInt(seconds) * NS_PER_SECOND)
}

function figuresOf(decisions: readonly JudgedDecision[], since: MonoNs): readonly Figures[] {
  const point = createSeries('certified point')
  const served = createSeries('served clock')
  const spread = createSeries('precision that the certified points truly have; as bound: the figure of the certificate')
  const figure = createSeries('the figure of the certificate, off the true one')
  for (const { member, certified, served: reading } of decisions) {
    if (!HONEST.includes(member)) continue
    if (certified !== undefined && certified.trueNs > since) point.add(certified.errorNs, certified.boundNs)
    if (reading !== undefined && reading.trueNs > since) served.add(reading.errorNs, reading.boundNs)
  }
  for (const ofEpoch of Map.groupBy(decisions, ({ epoch }) => epoch).values()) {
    const counted = ofEpoch.flatMap(({ certified }) =>
      certified && certified.trueNs > since ? [certified.errorNs] : [],
    )
    const trueNs = truePrecisionNs(counted, LIARS_MAX)
    const saidNs = ofEpoch.find(({ precisionNs }) => precisionNs !== undefined)?.precisionNs
    if (counted.length !== NODES.length || trueNs === undefined || saidNs === undefined) continue
    spread.add(trueNs, saidNs)
    figure.add(saidNs - trueNs)
  }
  return [point, served, spread, figure].map((series) => series.figures())
}

/** Who was named for what by a certificate, and how long after the walk began, by the first appliance that told. */
function namings(decisions: readonly JudgedDecision[], { since }: Walk): readonly string[] {
  const first = new Map<string, bigint>()
  for (const { named, served, certified } of decisions) {
    const at = (served ?? certified)?.trueNs
    for (const { member, kind } of at === undefined ? [] : named) {
      const key = `certified: ts${member} is named for ${kind}`
      const known = first.get(key)
      if (at !== undefined && (known === undefined || at < known)) first.set(key, at)
    }
  }
  return [...first].map(([key, at]) => `${key}, first ${(Number(at - since) / 1e9).toFixed(1)} s after the walk began`)
}
