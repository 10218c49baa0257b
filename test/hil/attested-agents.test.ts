import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { quorumtime, type ReportedEvent } from '../support/agent-process.ts'
import { type AttestedCluster, allVerified, createAttestedCluster, nextEvent, verdictsIn } from './attested-agents.ts'
import { missingSwtpm } from './swtpm.ts'

/** Out of the state folder of a running agent; then with the authority's key and nothing else. */
async function verifyAsStranger(t: TestContext, cluster: AttestedCluster, { epoch }: ReportedEvent): Promise<void> {
  const { folder, authorityFile } = cluster
  const bundle = join(folder, 'newest.qtb')
  const config = join(folder, 'ts0', 'config.toml')
  const words = ['--config', config, '--bundle', '--epoch', String(epoch), '--out', bundle]
  const exported = await quorumtime('certificate', 'export', ...words)
  assert.deepEqual([exported.code, exported.stderr], [0, ''])
  const verified = await quorumtime('certificate', 'verify', bundle, '--authority', authorityFile)
  assert.equal(verified.code, 0, verified.stdout + verified.stderr)
  assert.match(verified.stdout, /attestation records that it names are verified\.\n$/)
  t.diagnostic(exported.stdout.trim().replace(folder, ''))
}

/** Four agents, each with a software TPM of its own: every certificate says what their records are worth. */

const skip = await missingSwtpm()

test('four agents show records of their TPMs, and certificates call all four verified, over every change of a record', {
  skip,
}, async (t) => {
  const cluster = await createAttestedCluster(t, { refreshMinutes: 0.1 })
  const agents = [0, 1, 2, 3].map((id) => cluster.start(id))
  const [agent] = agents
  assert.ok(agent)
  await agent.until(allVerified(4))
  const before = await cluster.ask(0)
  // Several records of each later.
  for (let certificates = 0; certificates < 15; certificates++)
    await nextEvent(agent, ({ type }) => type === 'decision')
  // While a record is replaced by the next one somebody may be without a verdict.
  let after = await cluster.ask(0)
  for (let again = 0; again < 30 && after.members.some(({ verdict }) => verdict === 'unjudged'); again++) {
    await sleep(500)
    after = await cluster.ask(0)
  }
  await verifyAsStranger(t, cluster, await agent.until(allVerified(4)))
  const verdicts = agent.events.map(verdictsIn).filter((each) => each.length > 0)
  const first = verdicts.findIndex((each) => each.length === 4 && each.every((verdict) => verdict === 'verified'))
  for (const each of verdicts.slice(first))
    assert.ok(
      each.every((verdict) => verdict === 'verified' || verdict === 'unjudged'),
      each.join(),
    )
  // On a machine that is late a certificate may come before the others have judged the newest record.
  const whole = verdicts.slice(first).filter((each) => each.every((verdict) => verdict === 'verified'))
  assert.ok(
    whole.length * 2 > verdicts.length - first,
    `${whole.length} of ${verdicts.length - first} certificates verify all`,
  )
  t.diagnostic(`${whole.length} of ${verdicts.length - first} certificates verify all that they list`)
  assert.equal(after.own.shownProvider, 'tpm2')
  assert.ok(after.own.tpmCommands > before.own.tpmCommands, 'no new record was made')
  assert.ok(after.judgements !== null && after.judgements.count > 3)
  const { count, totalMs, maxMs } = after.judgements
  t.diagnostic(`${count} judgements, ${(totalMs / count).toFixed(2)} ms each, ${maxMs.toFixed(2)} ms at most`)
  for (const { member, verdict, reasons } of after.members)
    assert.equal(verdict, 'verified', `${member}: ${JSON.stringify(reasons)}`)
})
