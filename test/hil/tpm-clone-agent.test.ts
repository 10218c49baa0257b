import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type AgentRun, quorumtime, type ReportedEvent } from '../support/agent-process.ts'
import { type AttestedCluster, allVerified, createAttestedCluster, nextEvent } from './attested-agents.ts'
import { missingSwtpm, type Swtpm, startSwtpm } from './swtpm.ts'

/**
 * A disk that was cloned, and the machine that runs the copy while the original runs on: the same keys twice in one cluster. It
 * may come from the original's own address, which a clone elsewhere does not have.
 */

const skip = await missingSwtpm()

/** What a copied journal does not know of what its key has signed. */
const ROLLED_BACK =
  /safety journal: expected to find all that this key has signed, got one of start \d+ that does not know/
/** Of the kernels of three machines; a software TPM that was started belongs to a machine that was. */
const [BEFORE, AFTER, ELSEWHERE] = ['a', 'b', 'c'].map((digit) => digit.repeat(32))

interface Running {
  readonly cluster: AttestedCluster
  readonly original: AgentRun
  readonly tpm: Swtpm
  /** The others: whoever is meant to find out. */
  readonly members: readonly AgentRun[]
  /** How much each of them had said before there was a copy. */
  readonly said: readonly number[]
}

/** Four appliances; of member 0, which dials all others, there will be a copy. */
async function startFour(t: TestContext, prepare?: (cluster: AttestedCluster) => Promise<void>): Promise<Running> {
  const cluster = await createAttestedCluster(t, { refreshMinutes: 0.1 })
  await prepare?.(cluster)
  const agents = [0, 1, 2, 3].map((id) => cluster.start(id, { QUORUMTIME_BOOT_ID: BEFORE ?? '' }))
  const [original, ...members] = agents
  const [tpm] = cluster.tpms
  assert.ok(original && tpm && members[0])
  await members[0].until(allVerified(4))
  return { cluster, original, tpm, members, said: members.map(({ events }) => events.length) }
}

/** Certificates go on, and name nobody who did nothing. */
async function goOnUnharmed({ members, said }: Running): Promise<void> {
  for (const [at, member] of members.entries()) {
    const decision = await nextEvent(member, (event) => verdictsOf123(event) === 'verified,verified,verified')
    const strangers = (decision['suspicions'] as readonly { member: number }[]).filter((one) => one.member !== 0)
    assert.deepEqual(strangers, [])
    const accused = accusations(member.events.slice(said[at])).filter((message) => !/\bts0\b/.test(message))
    assert.deepEqual(accused, [])
  }
}

/** What a member says is wrong with what others sign. */
function accusations(events: AgentRun['events']): readonly string[] {
  const alarms = events.filter(
    ({ type, code }) => type === 'alarm' && /^(evidence|peer|quote|record)\./.test(String(code)),
  )
  return alarms.map(({ message }) => String(message))
}

function verdictsOf123(event: ReportedEvent): string {
  if (event['type'] !== 'decision') return ''
  const all = event['attestation'] as readonly { readonly member: number; readonly verdict: string }[]
  return all.flatMap(({ member, verdict }) => (member === 0 ? [] : [verdict])).join()
}

async function refused(agent: AgentRun, reason: RegExp): Promise<void> {
  const { code, stdout, stderr } = await agent.ended
  assert.equal(code, 1, stderr)
  assert.match(stderr, reason)
  assert.ok(!stdout.includes('"type":"decision"'), 'it has taken part in nothing')
}

test('the disk alone, beside another TPM: no key, no count, no silence about it helps, and the original goes on', {
  skip,
}, async (t) => {
  const first = join('first', 'state')
  const running = await startFour(t, async ({ folder, tpms }) => {
    // As an appliance is before it has ever been started.
    cpSync(join(folder, 'ts0', 'state', 'journal.sqlite'), join(folder, first, 'journal.sqlite'))
    const keys = join(folder, 'ts0', 'keys')
    const out = ['--out', join(keys, 'signing.sealed'), '--tpm', `127.0.0.1:${(tpms[0] as Swtpm).port}`]
    const sealed = await quorumtime('key', 'seal', join(keys, 'signing.pem'), '--purpose', 'signing', ...out)
    assert.equal(sealed.code, 0, sealed.stderr)
  })
  const { cluster, original, members } = running
  const strange = await startSwtpm(t, join(cluster.folder, 'tpm'), 'strange')
  await strange.tpm.close()

  await t.test('a sealed key is opened by its own TPM only', async () => {
    const clone = await cluster.clone(0, strange)
    edit(clone.file, /signing\.pem/, 'signing.sealed')
    await refused(clone.start(ELSEWHERE), /signing\.sealed: expected the TPM that has sealed the key, got another/)
  })
  await t.test('with a key in a file it is the count of starts that is missing', async () => {
    const clone = await cluster.clone(0, strange)
    await refused(clone.start(ELSEWHERE), /expected the TPM that has counted its starts/)
    edit(clone.file, /provider = "tpm2"[\s\S]*/, 'provider = "none"\n')
    await refused(clone.start(ELSEWHERE), /expected the TPM that has counted its starts to \d+, got no TPM/)
  })
  await t.test(
    'a copy from before anything was counted is told by the others what its key has signed since',
    async () => {
      const clone = await cluster.clone(0, strange)
      const state = join(dirname(clone.file), 'state')
      for (const file of ['journal.sqlite', 'decisions.sqlite', 'heard.sqlite']) {
        for (const part of ['', '-wal', '-shm']) rmSync(join(state, file + part), { force: true })
      }
      cpSync(join(cluster.folder, first, 'journal.sqlite'), join(state, 'journal.sqlite'))
      await refused(clone.start(ELSEWHERE), ROLLED_BACK)
    },
  )
  // It never had to give up its place for longer than a link takes.
  await nextEvent(original, allVerified(4))
  await nextEvent(members[2] as AgentRun, allVerified(4))
  await goOnUnharmed(running)
})

test('the disk and its TPM, while the original runs: neither of them speaks any more, and the others say why', {
  skip,
}, async (t) => {
  const running = await startFour(t)
  const { cluster, original, tpm, members } = running
  original.signal('SIGSTOP')
  const copy = await startSwtpm(t, join(cluster.folder, 'tpm'), 'copy', tpm.takeImage())
  const clone = await cluster.clone(0, copy)
  original.signal('SIGCONT')
  const twin = clone.start(ELSEWHERE)
  await refused(twin, ROLLED_BACK)
  const { code, stderr } = await original.ended
  assert.equal(code, 1)
  assert.match(stderr, ROLLED_BACK)
  const told = members.map((member) =>
    member.until(({ type, code: what }) => type === 'alarm' && what === 'peer.two-places'),
  )
  const alarm = await Promise.any(told)
  assert.match(
    String(alarm['message']),
    /^peer ts0: hello: expected start 2 or a later one, .*, got start 1: its key is used/,
  )
  await goOnUnharmed(running)
  // Nor do they ever again, whichever of them is started.
  for (const again of [cluster.start(0), clone.start(ELSEWHERE)]) await refused(again, ROLLED_BACK)
})

test('the disk and its TPM, copied while the machine was off, and both switched on: one of them is refused, or a proof names the key', {
  skip,
}, async (t) => {
  const running = await startFour(t)
  const { cluster, original, tpm, members } = running
  original.signal('SIGTERM')
  await original.ended
  const copy = await startSwtpm(t, join(cluster.folder, 'tpm'), 'copy', tpm.takeImage())
  const clone = await cluster.clone(0, copy)
  await tpm.losePower()
  const both = [cluster.start(0, { QUORUMTIME_BOOT_ID: AFTER ?? '' }), clone.start(ELSEWHERE)]
  const named = (member: AgentRun): Promise<string> =>
    member.until(({ code }) => String(code).startsWith('evidence.')).then(({ message }) => String(message))
  const ended = both.map(async (agent) => {
    const { stderr } = await agent.ended
    assert.match(stderr, ROLLED_BACK)
    return 'refused'
  })
  const outcome = await Promise.any([...ended, ...members.map(named)])
  t.diagnostic(outcome)
  await goOnUnharmed(running)
})

function edit(file: string, pattern: RegExp, replacement: string): void {
  const text = readFileSync(file, 'utf8')
  assert.match(text, pattern)
  writeFileSync(file, text.replace(pattern, replacement))
}
