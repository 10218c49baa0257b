import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extendRegister } from '../../src/attestation/tpm/registers.ts'
import { SHA256 } from '../../src/attestation/tpm-algorithm.ts'
import { unwrap } from '../support/results.ts'
import { allVerified, createAttestedCluster, verdictsIn } from './attested-agents.ts'
import { missingSwtpm, type Swtpm } from './swtpm.ts'

const skip = await missingSwtpm()

test('an appliance whose register has another value than the policy allows is refused by the others, by its number', {
  skip,
}, async (t) => {
  const policy = { onFailure: 'refuse' as const, registers: [{ pcr: 5, values: [new Uint8Array(32)] }] }
  const cluster = await createAttestedCluster(t, { count: 2, refreshMinutes: 0.1, policy })
  const [agent] = [0, 1].map((id) => cluster.start(id))
  assert.ok(agent)
  await agent.until(allVerified(2))
  const { tpm } = cluster.tpms[1] as Swtpm
  unwrap(await extendRegister(tpm, 5, SHA256, new Uint8Array(32).fill(1)))
  await tpm.close()
  await agent.until((event) => verdictsIn(event).join() === 'verified,refused')
  const alarm = await agent.until(({ type, code }) => type === 'alarm' && code === 'policy.register')
  assert.match(String(alarm['message']), /^attestation of ts1: record: expected PCR 5 to be 000000/)
  const told = (await cluster.ask(0)).members[0]
  assert.deepEqual([told?.verdict, told?.reasons[0]?.code], ['refused', 'policy.register'])
})
