import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAttestationKey } from '../../src/attestation/tpm/attestation-key.ts'
import { ATTESTATION_ECDSA_P256 } from '../../src/attestation/tpm-template.ts'
import type { AgentRun } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import { type AttestedCluster, allVerified, createAttestedCluster, KEY_HANDLE, nextEvent } from './attested-agents.ts'
import { ENDORSEMENT_ECC } from './attesting-node.ts'
import { missingSwtpm, type Swtpm, startSwtpm } from './swtpm.ts'

const skip = await missingSwtpm()

/** What the journal of ts1 says was counted, this TPM has not. */
const COUNT_LOST = /expected the TPM that has counted its starts/

/** The disk of ts1, keys and enrolment and all, in a machine with another TPM. */
async function moveTo(cluster: AttestedCluster, running: AgentRun, from: number, to: number): Promise<AgentRun> {
  running.signal('SIGTERM')
  await running.ended
  const file = join(cluster.folder, 'ts1', 'config.toml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(`127.0.0.1:${from}`, `127.0.0.1:${to}`))
  return cluster.start(1)
}

test('an appliance whose disk runs beside another TPM ends by itself, whatever keys that has, and goes on where it belongs', {
  skip,
}, async (t) => {
  const cluster = await createAttestedCluster(t, { count: 2 })
  const [agent, other] = [0, 1].map((id) => cluster.start(id))
  assert.ok(agent && other)
  await agent.until(allVerified(2))
  const strange = await startSwtpm(t, cluster.folder, 'strange')
  const own = (cluster.tpms[1] as Swtpm).port
  const without = await moveTo(cluster, other, own, strange.port)
  assert.match((await without.ended).stderr, COUNT_LOST)
  unwrap(await createAttestationKey(strange.tpm, ENDORSEMENT_ECC, ATTESTATION_ECDSA_P256, KEY_HANDLE))
  await strange.tpm.close()
  const withKey = cluster.start(1)
  assert.match((await withKey.ended).stderr, COUNT_LOST)
  const back = nextEvent(agent, allVerified(2))
  await moveTo(cluster, withKey, strange.port, own)
  await back
})
