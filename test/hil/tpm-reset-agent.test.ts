import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allVerified, createAttestedCluster, verdictsIn } from './attested-agents.ts'
import { missingSwtpm, type Swtpm } from './swtpm.ts'

const skip = await missingSwtpm()

test('a TPM that was reset behind the back of a running system is told by the others', { skip }, async (t) => {
  const cluster = await createAttestedCluster(t, { count: 2, refreshMinutes: 0.1 })
  const [agent] = [0, 1].map((id) => cluster.start(id))
  assert.ok(agent)
  await agent.until(allVerified(2))
  // The machine keeps running, under the same boot id.
  await (cluster.tpms[1] as Swtpm).losePower()
  await agent.until((event) => verdictsIn(event).join() === 'verified,flagged')
  const alarm = await agent.until(({ type, code }) => type === 'alarm' && code === 'quote.reset')
  assert.match(String(alarm['message']), /^attestation of ts1: .*: expected .+, got .+/)
})
