import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { drawSessionJoin } from '../../provisioning/appliance/join-session.ts'
import { drawKeys } from '../../provisioning/appliance-steps.ts'
import { runTasks } from '../../provisioning/run-tasks.ts'
import { exportMembership } from '../../src/cli/membership/export.ts'
import { readConfiguration } from '../../src/config/parse.ts'
import type { Result } from '../../src/core/fault.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { createTlsIdentity } from '../../src/crypto/tls-identity.ts'
import { type AgentRun, startAgent } from '../support/agent-process.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { nextMembership } from '../support/test-orders.ts'
import { certifiedIn, emulatedCluster, isDecision, order } from './emulated-cluster.ts'

/** One cluster of real agents, whose members come and go while it certifies. Every test goes on from the one before. */

const scope = openScope()
after(() => scope.close())
const cluster = await emulatedCluster(scope, 3, 1)
const { folder, genesis, pathOf } = cluster
const bundle = join(folder, 'bundle')
const configOf = (id: number): string => pathOf(id, 'config.toml')
const agents = new Map<number, AgentRun>()

function start(id: number): AgentRun {
  const agent = startAgent(scope, configOf(id))
  agents.set(id, agent)
  return agent
}

function running(id: number): AgentRun {
  const agent = agents.get(id)
  assert.ok(agent)
  return agent
}

async function stop(id: number): Promise<void> {
  running(id).signal('SIGTERM')
  assert.equal((await running(id).ended).code, 0)
}

/** What the script does, said line by line. */
async function joinSession(id: number, configuration?: string): Promise<Result<readonly string[]>> {
  const options = { folder: pathOf(id), bundle, configuration, updateConfiguration: false }
  const drawn = await drawSessionJoin(options)
  if (!drawn.ok) return drawn
  const lines: string[] = []
  const run = { dryRun: false, say: (line: string) => lines.push(line), log: undefined }
  const ran = await runTasks(drawn.value.tasks, run)
  return ran.ok ? { ok: true, value: lines } : ran
}

async function exported(): Promise<void> {
  unwrap(await exportMembership({ config: configOf(1), out: bundle }))
}

/** A decision of this agent from now on. */
function certifiesAgain(agent: AgentRun): Promise<unknown> {
  const from = agent.events.length
  return agent.until((event) => isDecision(event) && agent.events.indexOf(event) >= from + 2)
}

/** ts3's place, which the others know before it is a member. */
function describeNewcomer(): string {
  const { listen, rangingListen } = unwrap(readConfiguration(configOf(0))).cluster
  const elsewhere = (address: string): string => address.replace('127.0.0.1', '127.0.0.3')
  const peer = (name: string, address: string, ranging: string): string =>
    `\n[[cluster.peers]]\nname = "${name}"\naddress = "${address}"\nrangingAddress = "${ranging}"\n`
  const text = readFileSync(configOf(0), 'utf8')
  for (const id of [0, 1, 2]) {
    const own = readFileSync(configOf(id), 'utf8')
    writeFileSync(configOf(id), own + peer('ts3', elsewhere(listen), elsewhere(rangingListen)))
  }
  const own = text
    .replaceAll(listen, elsewhere(listen))
    .replaceAll(rangingListen, elsewhere(rangingListen))
    .replace('name = "ts0"', 'name = "ts3"')
    .replaceAll(pathOf(0), pathOf(3))
  return own + peer('ts0', listen, rangingListen)
}

const newcomerFile = join(folder, 'ts3.toml')

test('three appliances certify, and a fourth has nothing to join before an order names it', async () => {
  writeFileSync(newcomerFile, describeNewcomer())
  for (const id of [0, 1, 2]) start(id)
  for (const step of unwrap(drawKeys(pathOf(3), undefined)).steps) unwrap(step.perform())
  await Promise.all([0, 1, 2].map((id) => running(id).until(isDecision)))
  await exported()
  const { code, message } = faultOf(await joinSession(3, newcomerFile))
  assert.equal(code, 'join.identity.name')
  assert.match(message, /^session 0, the newest that is known here: .*got "ts3"$/)
  assert.equal(existsSync(configOf(3)), false)
})

test('the order adds the fourth, and the three certify in the next session', async () => {
  const { signing, tls } = unwrap(drawKeys(pathOf(3), undefined))
  const signingKey = selectMlDsa().createSigner(signing).publicKey
  const tlsKeyHash = createTlsIdentity(tls).keyHash
  const newcomer = { id: 3, name: 'ts3', site: 'site-3', signingKey, tlsKeyHash }
  await order(cluster, genesis, nextMembership(genesis, { members: [...genesis.members, newcomer] }), 2)
  await Promise.all([0, 1, 2].map((id) => certifiedIn(running(id), 1)))
})

test('the fourth joins, again without any change, and its vote counts', async () => {
  await exported()
  const lines = unwrap(await joinSession(3, newcomerFile))
  assert.match(lines.join('\n'), /^create .*journal-1\.sqlite \(safety journal of session 1\)$/m)
  const again = unwrap(await joinSession(3, newcomerFile))
  assert.deepEqual(
    again.filter((line) => !line.startsWith('keep ')),
    [],
  )
  await start(3).until(isDecision)
  assert.equal(faultOf(await joinSession(3)).code, 'ledger.in-use')
  await stop(0)
  // Three of four decide: without ts0 nothing is certified without ts3.
  await certifiesAgain(running(1))
})

test('a key that has lost its journal never joins again', async () => {
  await stop(3)
  rmSync(pathOf(3, 'state', 'journal-1.sqlite'))
  const one = faultOf(await joinSession(3))
  assert.match(
    one.message,
    /journal-1\.sqlite: expected the safety journal, since .*\.key says that it was made, got no file$/,
  )
  rmSync(pathOf(3, 'state'), { recursive: true })
  const all = faultOf(await joinSession(3))
  assert.match(
    all.message,
    /journal-1\.sqlite: expected .*, since .*\.joined says that this key has had one, got no file$/,
  )
})
