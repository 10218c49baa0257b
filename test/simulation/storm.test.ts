import assert from 'node:assert/strict'
import { it } from 'node:test'
import { monoNs } from '../../src/core/time.ts'
import type { Commit } from '../../src/consensus/replica/types.ts'
import { anyLie } from './liars.ts'
import { createLiarCluster } from './liar-cluster.ts'
import { findProblems } from './invariants.ts'
import { weatherStorm } from './storm.ts'
import type { Climate } from './weather.ts'

const SECOND_NS = 1_000_000_000n

function climate(n: number, seed: number): Climate {
  return {
    n,
    seed,
    calmAt: monoNs(6n * SECOND_NS),
    delayMsMax: 60,
    lossMax: 0.3,
    duplicationMax: 0.2,
    cutsMax: 2,
    partitionsMax: 2,
    deathMax: 0.05,
    clockErrorMsMax: 200,
    clockSteps: true,
  }
}

for (const n of [4, 5, 7]) {
  it(`${n} replicas weather loss, partitions, crashes and wrong clocks without a fork, and go on when it is calm`, async (t) => {
    let events = 0
    for (let seed = 1; seed <= 12; seed++) {
      const report = await weatherStorm(climate(n, seed), 0, 60n * SECOND_NS)
      assert.deepEqual(report.problems, [], `n = ${n}, seed ${seed}: ${report.forecast}`)
      events += report.events
    }
    t.diagnostic(`${events} events`)
  })
}

it('a liar that lies in every way it can forks nobody, frames nobody and stops nobody', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const cluster = createLiarCluster({ n: 4, seed }, new Map([[3, anyLie]]))
    await cluster.run(12n * SECOND_NS)
    assert.deepEqual(await findProblems(cluster, [0, 1, 2]), [], `seed ${seed}`)
    const commits: readonly Commit[] = cluster.nodes[0]?.commits ?? []
    assert.ok(commits.length >= 4, `seed ${seed}: ${commits.length} decisions in 12 epochs`)
  }
})
