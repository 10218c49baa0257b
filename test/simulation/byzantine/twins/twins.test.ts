import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quorumOf } from '../../../../src/consensus/membership.ts'
import { findProblems } from '../../invariants.ts'
import { partitionsOf, scenarioOf } from './scenario.ts'
import { runTwins, type TwinsRun } from './twins.ts'

/** Seeds of each size: `QUORUMTIME_SEEDS=1-5000` for more of them. */
const [FIRST = 1, LAST = FIRST] = (process.env['QUORUMTIME_SEEDS'] ?? '1-24').split('-').map(Number)

/** Epochs without a certificate after the partitions: Δ may stand at its cap of 2 s. */
const LOST_MAX = 8

function findStall({ cluster, scenario, honest }: TwinsRun): readonly string[] {
  const healed = Number(scenario.healsAt / 1_000_000_000n)
  const newest = Math.floor(Number(cluster.now()) / 1e9)
  return honest.flatMap((id) => {
    const epochs = new Set(
      (cluster.nodes[id]?.commits ?? []).map(({ block }) => block.epoch).filter((epoch) => epoch > healed),
    )
    return epochs.size >= newest - healed - LOST_MAX
      ? []
      : [`node ${id} has ${epochs.size} of ${newest - healed} epochs after the partitions`]
  })
}

describe('twins', () => {
  for (const [n, twins] of [
    [4, 1],
    [5, 1],
    [7, 2],
  ] as const) {
    it(`fork nobody, frame nobody and stop nobody for good: ${twins} of ${n}`, async (t) => {
      let convicted = 0
      for (let seed = FIRST; seed <= LAST; seed++) {
        const run = await runTwins(seed, n, twins)
        const problems = [...(await findProblems(run.cluster, run.honest)), ...findStall(run)]
        const innocent = run.guilty.filter((member) => !run.twinned.includes(member))
        assert.deepEqual([problems, innocent], [[], []], `n = ${n}, seed ${seed}: ${run.scenario.words}`)
        convicted += run.guilty.length
      }
      t.diagnostic(`${LAST - FIRST + 1} scenarios, ${convicted} times a twin was convicted`)
      // Twins that are never apart say nothing twice; those that are must show.
      assert.ok(convicted > 0)
    })
  }

  it('beyond what n bears fork, and every fork names more than f of them and nobody else', async (t) => {
    const { f } = quorumOf(4)
    let forks = 0
    for (let seed = FIRST; seed <= FIRST + 2 * (LAST - FIRST); seed++) {
      const { guilty, twinned, scenario, ...run } = await runTwins(seed, 4, f + 1)
      const innocent = guilty.filter((member) => !twinned.includes(member))
      assert.deepEqual(innocent, [], `seed ${seed}: ${scenario.words}`)
      if (run.forks.length === 0) continue
      forks += 1
      assert.ok(
        guilty.length >= f + 1,
        `seed ${seed}: a fork at height ${run.forks[0]} names ${guilty.join()} only; ${scenario.words}`,
      )
    }
    t.diagnostic(`${forks} forks`)
    assert.ok(forks > 0, 'expected that twins beyond f fork a cluster at least once')
  })

  it('meet every partition there is, and no scenario twice', () => {
    // Sums of Stirling numbers of the second kind, at most three groups.
    assert.deepEqual(
      [3, 4, 5, 6, 9].map((machines) => partitionsOf(machines).length),
      [5, 14, 41, 122, 3_281],
    )
    const words = Array.from({ length: 2_000 }, (_, seed) => scenarioOf(seed, 5, 4).words)
    assert.equal(new Set(words).size, words.length)
  })
})
