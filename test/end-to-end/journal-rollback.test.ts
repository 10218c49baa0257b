import assert from 'node:assert/strict'
import { cpSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDesk } from '../../src/cli/demo/instruments.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { readLeapTable } from '../../src/config/leap-seconds.ts'
import { decodeEnvelope } from '../../src/consensus/messages.ts'
import { NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { HEARD_FILE } from '../../src/ledger/heard-log.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { type AgentRun, provision, type ReportedEvent, startAgent } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import { scopeIn } from '../support/scope.ts'

/** Four real processes, and the state folder of one of them put back to what it was. */

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-rollback-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const configOf = (id: number): string => join(folder, `ts${id}`, 'config.toml')
const stateOf = (id: number): string => join(folder, `ts${id}`, 'state')
const backup = join(folder, 'backup')
const present = join(folder, 'present')

const isDecision = ({ type }: ReportedEvent): boolean => type === 'decision'

/** A decision that this agent has not told of yet. */
async function nextDecision(agent: AgentRun, later = 1): Promise<void> {
  const told = agent.events.filter(isDecision).length
  await agent.until(() => agent.events.filter(isDecision).length >= told + later)
}

/** With which start ts3 spoke last, as far as this appliance has kept it. */
function startKeptBy(id: number): number | undefined {
  const database = new DatabaseSync(join(stateOf(id), HEARD_FILE), { readOnly: true })
  const row = database.prepare("SELECT envelope FROM heard WHERE member = 3 AND slot = 'hello'").get()
  database.close()
  return row === undefined ? undefined : unwrap(decodeEnvelope(row['envelope'] as Uint8Array)).header.bootCount
}

function copyState(to: string): void {
  cpSync(stateOf(3), to, { recursive: true, filter: (path) => !lstatSync(path).isSocket() })
}

/** Puts a backup in the place of the present state; gives the state that it takes the place of. */
function restore(from: string): void {
  rmSync(present, { recursive: true, force: true })
  renameSync(stateOf(3), present)
  cpSync(from, stateOf(3), { recursive: true })
}

async function refused(agent: AgentRun): Promise<string> {
  const { code, stdout, stderr } = await agent.ended
  assert.equal(code, 1, stderr)
  assert.match(
    stderr,
    /safety journal: expected to find all that this key has signed, got one of start \d+ that does not/,
  )
  assert.match(stderr, /rejoin under a new key/)
  assert.ok(!stdout.includes('"type":"decision"'), 'it has taken part in nothing')
  return stderr
}

test('a restored backup of the state is refused, and the others go on', async (context) => {
  const t = scopeIn(context)
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const desks = [0, 1, 2, 3].map((id) => {
    mkdirSync(stateOf(id), { recursive: true })
    return unwrap(openDesk(join(folder, `ts${id}`), id + 1, world.sky(startedAt, 0n)))
  })
  t.after(() => Promise.all(desks.map((desk) => desk.close())))
  const now = world.truth(startedAt)
  const genesisTai = taiNs(now - (now % NS_PER_SECOND))
  await provision({ folder, sources: desks.map(({ sources }) => sources), genesisTai })
  let others = [0, 1, 2].map((id) => startAgent(t, configOf(id)))
  const first = startAgent(t, configOf(3))

  await context.test('a backup is made of an agent that runs', async () => {
    await first.until(isDecision)
    first.signal('SIGSTOP')
    copyState(backup)
    first.signal('SIGCONT')
    await nextDecision(first, 2)
    first.signal('SIGTERM')
    assert.equal((await first.ended).code, 0)
  })

  await context.test('restored, it is refused by what it has signed since, and stays refused', async () => {
    restore(backup)
    await refused(startAgent(t, configOf(3)))
    await nextDecision(others[0] as AgentRun)
    // Nobody has to show it anything any more.
    const { code, stderr } = await startAgent(t, configOf(3)).ended
    assert.equal(code, 1)
    assert.match(stderr, /journal\.sqlite: safety journal: expected to find all/)
  })

  await context.test('with its own journal it goes on', async () => {
    rmSync(stateOf(3), { recursive: true })
    renameSync(present, stateOf(3))
    const again = startAgent(t, configOf(3))
    const { bootCount } = await again.until(({ type }) => type === 'started')
    await again.until(isDecision)
    // The others keep a new start within a second, and must have: they are about to lose their memory.
    while ([0, 1, 2].some((id) => startKeptBy(id) !== bootCount)) await sleep(200)
    for (const agent of [...others, again]) agent.signal('SIGKILL')
    await Promise.all([...others, again].map(({ ended }) => ended))
  })

  await context.test('after a loss of power everywhere the backup is refused too, and the others start', async () => {
    restore(backup)
    others = [0, 1, 2].map((id) => startAgent(t, configOf(id)))
    await refused(startAgent(t, configOf(3)))
    await (others[1] as AgentRun).until(isDecision)
  })

  await context.test('a journal that is older than the log beside it is refused by that alone', async () => {
    rmSync(stateOf(3), { recursive: true })
    renameSync(present, stateOf(3))
    for (const file of ['journal.sqlite', 'journal.sqlite-wal']) {
      rmSync(join(stateOf(3), file), { force: true })
      cpSync(join(backup, file), join(stateOf(3), file))
    }
    const { code, stderr } = await startAgent(t, configOf(3)).ended
    assert.equal(code, 1)
    assert.match(stderr, /expected it to know the decision of view \d+ that is in the decision log/)
  })
})
