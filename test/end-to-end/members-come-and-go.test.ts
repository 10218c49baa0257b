import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { drawSessionJoin } from '../../provisioning/appliance/join-session.ts'
import { drawKeys } from '../../provisioning/appliance-steps.ts'
import { type ClusterPlan, checkClusterPlan } from '../../provisioning/cluster-plan.ts'
import { addMember } from '../../provisioning/members/addition.ts'
import type { Change } from '../../provisioning/members/change-script.ts'
import { type KeySource, readRotatedKeys } from '../../provisioning/members/new-keys.ts'
import { drawOrder, readPresent } from '../../provisioning/members/order-task.ts'
import { removeMember } from '../../provisioning/members/removal.ts'
import { replaceMember } from '../../provisioning/members/replacement.ts'
import { drawRotation } from '../../provisioning/members/rotation.ts'
import { drawRotationEnd } from '../../provisioning/members/rotation-end.ts'
import { runTasks, type Task } from '../../provisioning/run-tasks.ts'
import { freePorts } from '../../src/cli/demo/ports.ts'
import { exportMembership } from '../../src/cli/membership/export.ts'
import { splitAddress } from '../../src/config/address.ts'
import { readConfiguration } from '../../src/config/parse.ts'
import type { Membership } from '../../src/consensus/membership.ts'
import type { Result } from '../../src/core/fault.ts'
import { publicKeyToPem } from '../../src/crypto/public-key.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { type AgentRun, quorumtime, startAgent } from '../support/agent-process.ts'
import { faultOf, unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'

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

function split(address: string): { readonly address: string; readonly port: number } {
  const { host, port } = splitAddress(address)
  return { address: host, port }
}

/** The plan of the cluster with ts3 in it. */
async function planWithNewcomer(): Promise<ClusterPlan> {
  const appliances = [0, 1, 2].map((id) => {
    const { listen, rangingListen } = unwrap(readConfiguration(configOf(id))).cluster
    const { address, port } = split(listen)
    const rangingPort = split(rangingListen).port
    return { name: `ts${id}`, site: `site-${id}`, address, clusterPort: port, rangingPort, sources: [] }
  })
  const [ports] = await freePorts(1)
  const newcomer = { name: 'ts3', site: 'site-3', address: '127.0.0.1', ...ports, sources: cluster.sources[3] }
  return unwrap(checkClusterPlan({ cluster: 'test', appliances: [...appliances, newcomer] }, 'plan'))
}

/** Makes new keys in a folder, and their public halves beside it: what an appliance hands out. */
function keysFor(id: number): KeySource {
  const drawn = unwrap(drawKeys(pathOf(id), undefined))
  for (const step of drawn.steps) unwrap(step.perform())
  const [signingKey, tlsKey] = (['signing', 'tls'] as const).map((kind) => {
    const file = join(folder, `ts${id}-${kind}.pub`)
    writeFileSync(file, publicKeyToPem(selectMlDsa().createSigner(drawn[kind]).publicKey))
    return file
  })
  return { signingKey, tlsKey, request: undefined, enrolment: undefined, formerEnrolment: undefined }
}

async function perform(tasks: readonly Task[]): Promise<void> {
  unwrap(await runTasks(tasks, { dryRun: false, say: () => undefined, log: undefined }))
}

/** Makes the order, has the operator sign it, and hands it to ts1; the present membership afterwards. */
async function carryOut(change: Change, name: string): Promise<Membership> {
  const present = unwrap(await readPresent(bundle))
  const drawn = unwrap(drawOrder(join(folder, `${name}.qto`), present, change.changes))
  await perform([drawn.task, ...change.tasks])
  assert.equal(unwrap(drawOrder(join(folder, `${name}.qto`), present, change.changes)).task.action, 'keep')
  await order(cluster, present, drawn.next, 1)
  return drawn.next
}

const newcomerFile = join(folder, 'ts3-config.toml')
let addition: Change | undefined

test('three appliances certify, and a fourth has nothing to join before an order names it', async () => {
  const plan = await planWithNewcomer()
  unwrap(await exportMembership({ config: configOf(1), out: bundle }))
  const adding = { name: 'ts3', plan, keys: keysFor(3), configuration: newcomerFile, appliances: folder }
  addition = unwrap(addMember(adding, genesis))
  await perform(addition.tasks)
  await perform(unwrap(drawRotation(pathOf(1), ['signing', 'tls'])).tasks)
  for (const id of [0, 1, 2]) start(id)
  await Promise.all([0, 1, 2].map((id) => running(id).until(isDecision)))
  const { code, message } = faultOf(await joinSession(3, newcomerFile))
  assert.equal(code, 'join.identity.name')
  assert.match(message, /^session 0, the newest that is known here: .*got "ts3"$/)
  assert.equal(existsSync(configOf(3)), false)
  assert.equal(faultOf(await drawRotationEnd(pathOf(1))).code, 'rotate.not-yet')
})

test('the order adds the fourth, and the three certify in the next session', async () => {
  assert.ok(addition)
  await carryOut({ ...addition, tasks: [] }, 'add-ts3')
  await Promise.all([0, 1, 2].map((id) => certifiedIn(running(id), 1)))
  for (const id of [0, 1, 2]) assert.ok(!running(id).events.some(({ code }) => code === 'peers.missing'))
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
  const checked = await quorumtime('check-config', '--config', configOf(3))
  assert.match(checked.stdout, /^ts3 is one of 4 appliances of cluster "test"; 3 decide, 1 may lie$/m, checked.stderr)
  await start(3).until(isDecision)
  assert.equal(faultOf(await joinSession(3)).code, 'ledger.in-use')
  await stop(0)
  // Three of four decide: without ts0 nothing is certified without ts3.
  await certifiesAgain(running(1))
})

test('a member changes both keys while it runs, and its old ones are destroyed afterwards', async () => {
  const source = { request: undefined, enrolment: undefined, formerEnrolment: undefined }
  const [signingKey, tlsKey] = ['signing', 'tls'].map((kind) => pathOf(1, 'next', `ts1-${kind}.pub`))
  const keys = unwrap(readRotatedKeys('ts1', { ...source, signingKey, tlsKey }, unwrap(await readPresent(bundle))))
  const before = readFileSync(pathOf(1, 'keys', 'signing.pem'), 'utf8')
  const change = { changes: { replaceKey: [{ name: 'ts1', ...keys }] }, tasks: [], notices: [], afterwards: [] }
  await carryOut(change, 'rotate-ts1')
  // ts0 is away, so each of the other three has to vote, ts1 under its new key.
  await certifiedIn(running(1), 2)
  const tasks = unwrap(await drawRotationEnd(pathOf(1)))
  await perform(tasks)
  assert.notEqual(readFileSync(pathOf(1, 'keys', 'signing.pem'), 'utf8'), before)
  assert.doesNotMatch(readFileSync(configOf(1), 'utf8'), /next/)
  const left = [pathOf(1, 'keys', 'signing.pem.former'), pathOf(1, 'next', 'keys', 'signing.pem')]
  assert.deepEqual(left.filter(existsSync), [])
  const again = unwrap(await drawRotationEnd(pathOf(1)))
  assert.deepEqual(
    again.filter(({ action }) => action !== 'keep'),
    [],
  )
})

test('a new board takes the place of a dead one, with its configuration and without its keys and its state', async () => {
  await exported()
  const kept = { file: join(folder, 'kept.toml'), copy: join(folder, 'ts0-config.toml') }
  writeFileSync(kept.file, readFileSync(configOf(0)))
  for (const gone of ['keys', 'state', 'config.toml', 'genesis.cbor']) {
    if (gone !== 'state') rmSync(pathOf(0, gone), { recursive: true })
    else for (const file of readdirSync(pathOf(0, gone))) if (/sqlite|cbor/.test(file)) rmSync(pathOf(0, gone, file))
  }
  const present = unwrap(await readPresent(bundle))
  const replaced = unwrap(replaceMember({ name: 'ts0', keys: keysFor(0), kept }, present))
  assert.match(replaced.notices.join('\n'), /^instruments as before: gnss0 \(nmea-receiver\), gpsdo0 \(smartclock\)$/m)
  await carryOut(replaced, 'recover-ts0')
  await certifiedIn(running(1), 3)
  await exported()
  unwrap(await joinSession(0, kept.copy))
  // Its state lost as a whole, the mark beside its keys is left.
  const made = ['journal-3.sqlite', 'journal-3.sqlite.key', 'sessions.cbor']
  for (const file of made) renameSync(pathOf(0, 'state', file), join(folder, file))
  assert.match(faultOf(await joinSession(0)).message, /since .*\.joined says that this key has had one, got no file$/)
  for (const file of made) renameSync(join(folder, file), pathOf(0, 'state', file))
  await start(0).until(isDecision)
  await stop(3)
  // Three of four decide: without ts3 nothing is certified without the new board.
  await certifiesAgain(running(1))
})

test('a member that is revoked loses its links and its say, and the rest go on', async () => {
  const present = unwrap(await readPresent(bundle))
  assert.equal(faultOf(removeMember('ts9', present)).code, 'member.unknown')
  const removal = unwrap(removeMember('ts2', present))
  assert.match(
    removal.notices.join('\n'),
    /^4 → 3 appliances: 2 decide \(3 before\), 0 may lie or be away \(1 before\)/,
  )
  await carryOut(removal, 'revoke-ts2')
  const removed = running(2).until(({ code }) => code === 'session.removed')
  await Promise.all([certifiedIn(running(1), 4), removed])
  await stop(2)
})

test('a key that has lost its journal never joins again', async () => {
  rmSync(pathOf(3, 'state', 'journal-3.sqlite'))
  const one = faultOf(await joinSession(3))
  assert.match(
    one.message,
    /journal-3\.sqlite: expected the safety journal, since .*\.key says that it was made, got no file$/,
  )
  for (const file of readdirSync(pathOf(3, 'state'))) if (/sqlite|cbor/.test(file)) rmSync(pathOf(3, 'state', file))
  const all = faultOf(await joinSession(3))
  assert.match(
    all.message,
    /journal-3\.sqlite: expected .*, since this key was a member's in session 2 already, got no file$/,
  )
})
