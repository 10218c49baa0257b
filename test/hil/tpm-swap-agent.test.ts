import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAttestationKey } from '../../src/attestation/tpm/attestation-key.ts'
import { ATTESTATION_ECDSA_P256 } from '../../src/attestation/tpm-template.ts'
import type { AgentRun } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import {
  type AttestedCluster,
  allVerified,
  createAttestedCluster,
  KEY_HANDLE,
  nextEvent,
  verdictsIn,
} from './attested-agents.ts'
import { ENDORSEMENT_ECC } from './attesting-node.ts'
import { missingSwtpm, type Swtpm, startSwtpm } from './swtpm.ts'

const skip = await missingSwtpm()

/** The disk of ts1, keys and enrolment and all, in a machine with another TPM. */
async function moveTo(cluster: AttestedCluster, running: AgentRun, from: number, to: number): Promise<AgentRun> {
  running.signal('SIGTERM')
  await running.ended
  const file = join(cluster.folder, 'ts1', 'config.toml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(`127.0.0.1:${from}`, `127.0.0.1:${to}`))
  return cluster.start(1)
}

test('an appliance whose disk runs beside another TPM is told by the others, whatever keys that has', {
  skip,
}, async (t) => {
  const cluster = await createAttestedCluster(t, { count: 2 })
  const [agent, other] = [0, 1].map((id) => cluster.start(id))
  assert.ok(agent && other)
  await agent.until(allVerified(2))
  const strange = await startSwtpm(t, cluster.folder, 'strange')
  const isFlagged = (event: Parameters<typeof verdictsIn>[0]): boolean =>
    verdictsIn(event).join() === 'verified,flagged'
  const own = (cluster.tpms[1] as Swtpm).port
  // No key under the handle: it cannot quote at all, where it could before.
  const without = await moveTo(cluster, other, own, strange.port)
  await agent.until(({ type, code }) => type === 'alarm' && code === 'record.downgraded')
  await nextEvent(agent, isFlagged)
  unwrap(await createAttestationKey(strange.tpm, ENDORSEMENT_ECC, ATTESTATION_ECDSA_P256, KEY_HANDLE))
  await strange.tpm.close()
  // A key of its own, which is not the enrolled one: the agent finds it by itself when it tries again.
  const alarm = await agent.until(({ type, code }) => type === 'alarm' && code === 'quote.signature')
  assert.match(String(alarm['message']), /^attestation of ts1: /)
  // Back where it belongs all is well.
  await moveTo(cluster, without, strange.port, own)
  await nextEvent(agent, allVerified(2))
})
