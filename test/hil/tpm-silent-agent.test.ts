import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentRun, ReportedEvent } from '../support/agent-process.ts'
import { allVerified, createAttestedCluster, nextEvent } from './attested-agents.ts'
import { missingSwtpm } from './swtpm.ts'

/** Agents whose TPM does not answer: SIGSTOP to swtpm. The agreement does not wait for it. */

const skip = await missingSwtpm()
/** A command is given up after 30 s. */
const SILENT_MS = 32_000

const decisions = ({ events }: AgentRun): number => events.filter(({ type }) => type === 'decision').length
const isSilent = ({ type, code }: ReportedEvent): boolean => type === 'alarm' && code === 'tpm.silent'

test('an agent whose TPM is silent at its start ends with a sentence, and one that hangs for half a minute delays no epoch', {
  skip,
}, async (t) => {
  const cluster = await createAttestedCluster(t, { refreshMinutes: 0.1 })
  const tpm = (id: number) => cluster.tpms[id]?.child
  t.after(() => [1, 3].map((id) => tpm(id)?.kill('SIGCONT')))
  tpm(3)?.kill('SIGSTOP')
  const agents = [0, 1, 2, 3].map((id) => cluster.start(id))
  const [first, second, , silenced] = agents as [AgentRun, AgentRun, AgentRun, AgentRun]
  // Its start can not be counted; systemd tries again.
  const { code, stderr } = await silenced.ended
  assert.deepEqual([code, /expected a response within/.test(stderr)], [1, true], stderr)
  tpm(3)?.kill('SIGCONT')
  const fourth = cluster.start(3)
  await first.until(allVerified(4))
  tpm(1)?.kill('SIGSTOP')
  const before = decisions(second)
  const silent = nextEvent(second, isSilent)
  await sleep(SILENT_MS)
  await silent
  const certified = decisions(second) - before
  t.diagnostic(`${certified} certificates at the appliance itself in ${SILENT_MS / 1_000} s of silence`)
  assert.ok(certified >= 8, `${certified} certificates`)
  const during = await cluster.ask(1)
  assert.deepEqual([during.own.failure?.code, during.own.shownProvider], ['tpm.silent', 'tpm2'])
  // Its last record ages; it is half an hour young enough.
  const told = (await cluster.ask(0)).members.find(({ member }) => member === 'ts1')
  assert.equal(told?.verdict, 'verified', JSON.stringify(told))
  tpm(1)?.kill('SIGCONT')
  const commands = during.own.tpmCommands
  for (let attempt = 0; ; attempt++) {
    const { own } = await cluster.ask(1)
    if (own.failure === null && own.tpmCommands > commands) break
    assert.ok(attempt < 60, JSON.stringify(own))
    await sleep(1_000)
  }
  assert.ok(decisions(fourth) > 0)
})
