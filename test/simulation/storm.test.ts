import assert from 'node:assert/strict'
import { it } from 'node:test'
import { weatherStorm } from './storm.ts'

/** Which seeds to run: `17`, or `1-5000`. Without it as many as finish in seconds. */
const SEEDS = process.env['QUORUMTIME_SEEDS'] ?? '1-200'

it('members weather loss, partitions, crashes, wrong clocks and liars without a fork, and go on when it is calm', async (t) => {
  const [first = 1, last = first] = SEEDS.split('-').map(Number)
  const failures: string[] = []
  const total = { epochs: 0, events: 0, restarts: 0, recoveryMsMax: 0, recoveryViewsMax: 0 }
  for (let seed = first; seed <= last; seed++) {
    const { problems, forecast, ...report } = await weatherStorm(seed)
    total.epochs += report.epochs
    total.events += report.events
    total.restarts += report.restarts
    total.recoveryMsMax = Math.max(total.recoveryMsMax, Number(report.recoveryNs / 1_000_000n))
    total.recoveryViewsMax = Math.max(total.recoveryViewsMax, report.recoveryViews)
    if (problems.length === 0) continue
    const again = `QUORUMTIME_SEEDS=${seed} npm test -- --only test/simulation/storm.test.ts`
    failures.push([`seed ${seed} (${forecast}); again: ${again}`, ...problems.slice(0, 5)].join('\n  '))
  }
  t.diagnostic(`seeds ${first} to ${last}: ${JSON.stringify(total)}`)
  assert.ok(total.epochs > 0)
  assert.deepEqual(failures, [], failures.join('\n'))
})
