import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BENCH_ATTESTATION, benchTpm, makeBench } from '../../provisioning/bench.ts'
import { checkClusterPlan } from '../../provisioning/cluster-plan.ts'
import { benchCertificates, findSwtpm, makeSoftwareTpm, startSoftwareTpm } from '../../provisioning/software-tpm.ts'
import { openDesk } from '../../src/cli/demo/instruments.ts'
import { freePorts } from '../../src/cli/demo/ports.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { readLeapTable } from '../../src/config/leap-seconds.ts'
import { NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { type AgentRun, quorumtime, startAgent } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { allVerified, nextEvent } from './attested-agents.ts'

/**
 * A fifth appliance comes to a cluster of four that attests and runs: enrolled against swtpm by the authority, added by an order of the
 * operator, joined; by the scripts that a technician runs, with nothing but files between them.
 */

const found = findSwtpm()
const skip = found.ok ? false : found.fault.message
const scope = openScope()
// Short: the path of a socket has 107 characters.
const folder = mkdtempSync(join(tmpdir(), 'qt-five-'))
after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})
const path = (...parts: readonly string[]): string => join(folder, ...parts)
const configOf = (id: number): string => path(`ts${id}`, 'config.toml')
const bundle = path('bundle')

const NUMBERS = [0, 1, 2, 3, 4]
const agents = new Map<number, AgentRun>()
const start = (id: number): AgentRun => {
  const agent = startAgent(scope, configOf(id))
  agents.set(id, agent)
  return agent
}
const running = (id: number): AgentRun => {
  const agent = agents.get(id)
  assert.ok(agent)
  return agent
}

/** One of the scripts, which must succeed; what it says. */
function script(name: string, ...words: readonly string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../../provisioning/${name}`, import.meta.url))
  return new Promise((resolve, reject) => {
    execFile(file, words, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${name} ${words.join(' ')}: ${stderr}${stdout}`))
    })
  })
}

async function verb(...words: readonly string[]): Promise<void> {
  const { code, stderr } = await quorumtime(...words)
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}`)
}

/** As TOML, on one line. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([key, part]) => `${key} = ${inline(part)}`)
    .join(', ')} }`
}

const plan = path('five.toml')

test('four enrolled appliances certify with four verified records', { skip }, async () => {
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const ports = await freePorts(NUMBERS.length)
  const appliances = NUMBERS.map((id) => {
    const name = `ts${id}`
    mkdirSync(path(name, 'state'), { recursive: true })
    const desk = unwrap(openDesk(path(name), 1_000 + 10 * id, world.sky(startedAt, 0n)))
    scope.after(() => desk.close())
    const { sources } = desk
    return { name, site: `site-${id}`, address: '127.0.0.1', ...ports[id], sources, tpm: benchTpm(name) }
  })
  const attestation = { ...BENCH_ATTESTATION, unattested: 'refuse', onFailure: 'refuse' }
  const planned = { cluster: 'five', acceptSingleDomain: ['gnss'], attestation }
  writeFileSync(
    plan,
    Object.entries({ ...planned, appliances })
      .map(([key, value]) => `${key} = ${inline(value)}\n`)
      .join(''),
  )
  const made = await makeBench({
    plan: unwrap(checkClusterPlan({ ...planned, appliances: appliances.slice(0, 4) }, 'plan')),
    folder,
    genesisTai: () => {
      const now = plus(world.truth(readMonoNs()), NS_PER_SECOND)
      return taiNs(now - (now % NS_PER_SECOND))
    },
    updateConfigurations: true,
    run: { dryRun: false, say: () => undefined, log: undefined },
  })
  scope.after(unwrap(made).stop)
  for (const id of [0, 1, 2, 3]) start(id)
  await running(0).until(allVerified(4))
})

test('a fifth is enrolled against its TPM by the authority, while the four go on', { skip }, async () => {
  const place = { authorityFolder: path('ca'), folder: path('tpm', 'ts4') }
  unwrap(await makeSoftwareTpm(place))
  const tpm = unwrap(await startSoftwareTpm(place))
  scope.after(tpm.stop)
  const [authority, own] = [path('authority'), path('ts4')]
  await script('enroll-appliance', 'request', own, '--name', 'ts4', '--tpm', tpm.socket)
  const request = path('ts4', 'attestation', 'enrolment-request.cbor')
  const roots = benchCertificates(path('ca')).flatMap((file) => ['--roots', file])
  const challenge = path('ts4-challenge.cbor')
  await script('authority', 'challenge', request, '--authority', authority, ...roots, '--out', challenge)
  await script('enroll-appliance', 'answer', own, challenge, '--authority', path('authority', 'authority.pub'))
  const enrolment = path('ts4-enrolment.cbor')
  const answer = path('ts4', 'attestation', 'answer.cbor')
  await script('authority', 'enrol', answer, '--authority', authority, '--out', enrolment)
  await script('enroll-appliance', 'install', own, enrolment)
})

test('an order adds it, once all others know where it is', { skip }, async () => {
  await verb('membership', 'export', '--config', configOf(0), '--out', bundle)
  const order = path('add-ts4.qto')
  const request = path('ts4', 'attestation', 'enrolment-request.cbor')
  const keys = ['--request', request, '--enrolment', path('ts4-enrolment.cbor')]
  const files = ['--plan', plan, '--bundle', bundle, '--out', order, '--update-configurations', folder]
  await script('add-member', 'ts4', ...files, ...keys)
  for (const id of [0, 1, 2, 3]) {
    running(id).signal('SIGTERM')
    assert.equal((await running(id).ended).code, 0)
    await start(id).until(({ type }) => type === 'decision')
  }
  const trusted = ['--genesis', path('bundle', 'genesis.cbor'), '--sessions', path('bundle', 'sessions.cbor')]
  const key = ['--operator', 'operator', '--key', path('genesis', 'operators', 'operator.pem')]
  await verb('membership', 'sign', order, ...trusted, ...key, '--out', `${order}.signed`)
  await verb('membership', 'submit', `${order}.signed`, '--config', configOf(0))
  for (const id of [0, 1, 2, 3]) await running(id).until(({ type, session }) => type === 'session' && session === 1)
})

test('it joins, and certificates of the new session show five verified records', { skip }, async () => {
  await verb('membership', 'export', '--config', configOf(1), '--out', bundle)
  await script('join', path('ts4'), bundle, '--configuration', path('ts4-config.toml'))
  start(4)
  for (const id of NUMBERS) await nextEvent(running(id), allVerified(5))
  // The newcomer by itself finds the same: it is not behind the others because it has none of the certificates before.
  for (const name of ['ts0', 'ts1', 'ts2', 'ts3']) {
    await running(4).until(
      ({ type, member, verdict }) => type === 'attestation' && member === name && verdict === 'verified',
    )
  }
  // While a record is replaced by the next one somebody may be without a verdict.
  let table = await fleet()
  for (let again = 0; again < 30 && table instanceof Error; again++) {
    await sleep(1_000)
    table = await fleet()
  }
  assert.match(String(table), /^ts4 +verified/m)
})

/** What `verify-fleet` prints of all five, by the words of two; an error where one is not verified. */
async function fleet(): Promise<string | Error> {
  const files = [0, 4].map(async (id) => {
    const asked = await quorumtime('attestation', '--config', configOf(id), '--json')
    assert.equal(asked.code, 0, asked.stderr)
    writeFileSync(path(`ts${id}.json`), asked.stdout)
    return ['--from', path(`ts${id}.json`)]
  })
  return script('verify-fleet', ...(await Promise.all(files)).flat()).catch((error: unknown) => error as Error)
}
