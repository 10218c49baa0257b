import { toHex } from '../../../../src/core/bytes.ts'
import { NS_PER_SECOND, plus } from '../../../../src/core/time.ts'
import { createReplicaCluster, type ReplicaCluster } from '../../../support/replica-cluster.ts'
import { type Scenario, scenarioOf } from './scenario.ts'
import { createTestimony } from './testimony.ts'

/**
 * Two correct copies of one member, with one key and a journal of its own each, on different sides of partitions: together
 * they say everything that a liar can say without making anything up, and neither knows it. At most: what f liars may do.
 */
export interface TwinsRun {
  readonly cluster: ReplicaCluster
  readonly scenario: Scenario
  /** Members without a twin. */
  readonly honest: readonly number[]
  readonly twinned: readonly number[]
  /** Members that everything which correct members got convicts. */
  readonly guilty: readonly number[]
  /** Heights for which correct members have different blocks. */
  readonly forks: readonly number[]
}

/** After the partitions: time for everybody to hear of everybody, at a Δ that may stand at its cap. */
const CALM_NS = 12n * NS_PER_SECOND

/** Runs the scenario of a seed with this many members twinned. */
export async function runTwins(seed: number, n: number, twins: number): Promise<TwinsRun> {
  const twinned = Array.from({ length: twins }, (_, index) => (seed + index) % n).sort((a, b) => a - b)
  const scenario = scenarioOf(seed, n + twins, n)
  const testimony: { current: ReturnType<typeof createTestimony> | undefined } = { current: undefined }
  const isHonest = (machine: number): boolean => machine < n && !twinned.includes(machine)
  const cluster = createReplicaCluster({
    n,
    seed,
    twins: twinned,
    delayNsMax: 3_000_000n,
    passes: scenario.passes,
    overhear: (machine, message) => {
      if (isHonest(machine)) testimony.current?.hear(message)
    },
  })
  testimony.current = createTestimony(cluster.membership)
  await cluster.run(plus(scenario.healsAt, CALM_NS))
  const honest = Array.from({ length: n }, (_, id) => id).filter(isHonest)
  return {
    cluster,
    scenario,
    honest,
    twinned,
    guilty: await testimony.current.guilty(),
    forks: forksOf(cluster, honest),
  }
}

function forksOf({ nodes }: ReplicaCluster, honest: readonly number[]): readonly number[] {
  const decided = Map.groupBy(
    honest.flatMap((id) => nodes[id]?.commits ?? []),
    ({ block }) => block.height,
  )
  return [...decided]
    .filter(([, commits]) => new Set(commits.map(({ blockHash }) => toHex(blockHash))).size > 1)
    .map(([height]) => height)
}
