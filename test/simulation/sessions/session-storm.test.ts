import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionStorm } from './session-storm.ts'

const SEEDS = 12

test(`${SEEDS} storms over changing memberships: one chain, and every member of the last session certifies in it`, async () => {
  let sessions = 0
  let restarts = 0
  // In 129, operators order more than a member remembers while the block of the first one becomes final.
  for (const seed of [...Array.from({ length: SEEDS - 1 }, (_, index) => index + 1), 129]) {
    const report = await sessionStorm(seed)
    assert.deepEqual(report.problems, [], `seed ${seed}`)
    assert.equal(report.recovered, report.members, `seed ${seed}: all ${report.members} members certify after the calm`)
    sessions += report.sessions
    restarts += report.restarts
  }
  assert.ok(sessions > 3 * SEEDS, `${sessions} sessions`)
  assert.ok(restarts > SEEDS, `${restarts} restarts`)
})
