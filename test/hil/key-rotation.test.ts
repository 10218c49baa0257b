import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openTpm } from '../../provisioning/appliance/tpm-place.ts'
import { benchTpm, makeBench } from '../../provisioning/bench.ts'
import { checkClusterPlan } from '../../provisioning/cluster-plan.ts'
import { openAuthority } from '../../provisioning/enrolment-authority/authority.ts'
import { issueEnrolment } from '../../provisioning/enrolment-authority/enrol.ts'
import { readPresent } from '../../provisioning/members/order-task.ts'
import { findSwtpm } from '../../provisioning/software-tpm.ts'
import { type Desk, openDesk } from '../../src/cli/demo/instruments.ts'
import { freePorts } from '../../src/cli/demo/ports.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { exportMembership } from '../../src/cli/membership/export.ts'
import { readLeapTable } from '../../src/config/leap-seconds.ts'
import { membershipCodec } from '../../src/consensus/membership.ts'
import { membershipOrderCodec } from '../../src/consensus/membership-order.ts'
import { decode } from '../../src/core/encoding.ts'
import { NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { order } from '../end-to-end/emulated-cluster.ts'
import { type AgentRun, quorumtime, type ReportedEvent, startAgent } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import { openScope } from '../support/scope.ts'
import { allVerified, nextEvent } from './attested-agents.ts'
import { runCommand } from './command.ts'
import { applianceWith, challenge, rootsOf } from './enrolment-bench.ts'

/**
 * Four real agents with software TPMs (swtpm), whose policy refuses every record that is wrong. One of them changes its sealed signing
 * key by the scripts, and no certificate is without its say because of that. Every test goes on from the one before.
 */

const found = findSwtpm()
const skip = found.ok ? false : found.fault.message
const folder = mkdtempSync(join(tmpdir(), 'qt-rotate-'))
const scope = openScope()
const agents: AgentRun[] = []
const ROTATED = 1

after(async () => {
  await scope.close()
  rmSync(folder, { recursive: true, force: true })
})

const pathOf = (id: number, ...parts: readonly string[]): string => join(folder, `ts${id}`, ...parts)
const configOf = (id: number): string => pathOf(id, 'config.toml')
const bundle = join(folder, 'bundle')
const own = (...parts: readonly string[]): string => pathOf(ROTATED, ...parts)

function agent(id: number): AgentRun {
  const running = agents[id]
  assert.ok(running)
  return running
}

function start(id: number): void {
  agents[id] = startAgent(scope, configOf(id))
}

/** Until a certificate that comes from now on, with all four, verifies all four. */
async function allFourVerified(): Promise<void> {
  await Promise.all(agents.map((each) => nextEvent(each, allVerified(4))))
}

/** So many more, as ts0 has them. */
async function certificates(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await nextEvent(agent(0), ({ type }) => type === 'decision')
}

async function bench(): Promise<void> {
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const appliances: object[] = []
  for (const [id, ports] of (await freePorts(4)).entries()) {
    mkdirSync(pathOf(id, 'state'), { recursive: true })
    const desk: Desk = unwrap(openDesk(pathOf(id), 1_000 + 10 * id, world.sky(startedAt, 0n)))
    scope.after(() => desk.close())
    const name = `ts${id}`
    appliances.push({
      name,
      site: `site-${id}`,
      address: '127.0.0.1',
      ...ports,
      sources: desk.sources,
      // So that many records are made while this goes on.
      tpm: { ...benchTpm(name), refreshMinutes: 0.1 },
    })
  }
  const attestation = { unsafeClock: 'accept', onFailure: 'refuse' }
  const asked = { cluster: 'rotation', acceptSingleDomain: ['gnss'], attestation, appliances }
  const made = await makeBench({
    plan: unwrap(checkClusterPlan(asked, 'plan')),
    folder,
    genesisTai: () => {
      const now = plus(world.truth(readMonoNs()), NS_PER_SECOND)
      return taiNs(now - (now % NS_PER_SECOND))
    },
    updateConfigurations: false,
    run: { dryRun: false, say: () => undefined, log: undefined },
  })
  scope.after(unwrap(made).stop)
}

/** Runs the script as a technician does; what it said. */
async function rotateKey(...words: readonly string[]): Promise<string> {
  const script = fileURLToPath(new URL('../../provisioning/rotate-key', import.meta.url))
  const { exitCode, output, complaint } = await runCommand(script, words, 180)
  assert.equal(exitCode, 0, complaint)
  return output
}

/** The same TPM is enrolled for the key to come, while the agent goes on. */
async function enrolNext(): Promise<void> {
  const socket = join(folder, 'tpm', `ts${ROTATED}`, 'tpm.sock')
  const tpm = openTpm({ swtpm: socket })
  const authority = unwrap(openAuthority(join(folder, 'authority')))
  try {
    const publicKey = join(folder, 'authority', 'authority.pub')
    const appliance = applianceWith(tpm, own('next'), { node: `ts${ROTATED}`, socket })
    const request = unwrap(await appliance.request())
    const issued = unwrap(challenge(authority, request, rootsOf(join(folder, 'ca')), true))
    const answer = unwrap(await appliance.answer(issued.bytes, publicKey))
    unwrap(await appliance.install(unwrap(issueEnrolment(authority, answer)).bytes, publicKey))
  } finally {
    authority.close()
    // The agent wants it next.
    await tpm.close()
  }
}

/** What the certificates since then that list the member say of it. */
function verdictsSince(from: ReportedEvent, { events }: AgentRun): readonly string[] {
  const later = events.slice(events.indexOf(from)).filter(({ type }) => type === 'decision')
  return later.flatMap(({ attestation }) =>
    (attestation as readonly { readonly member: number; readonly verdict: string }[])
      .filter(({ member }) => member === ROTATED)
      .map(({ verdict }) => verdict),
  )
}

/** Every reason that was ever told against the member; `record.undated` stands against all while a cluster begins. */
function reasonsAgainst({ events }: AgentRun): readonly string[] {
  return events
    .filter(({ type, member }) => type === 'attestation' && member === `ts${ROTATED}`)
    .flatMap(({ reasons }) => (reasons as readonly { readonly code: string }[]).map(({ code }) => code))
    .filter((code) => code !== 'record.undated')
}

describe('a signing key rotates under attestation', { skip }, () => {
  before(async () => {
    await bench()
    for (const id of [0, 1, 2, 3]) start(id)
    await Promise.all(agents.map((each) => each.until(allVerified(4))))
  })

  test('the agent holds the next key and its enrolment beside the present ones, and shows the present ones', async () => {
    await enrolNext()
    const said = await rotateKey('begin', own(), '--only', 'signing')
    assert.match(said, /carry request and enrolment of next\/ to rotate-key order with --only signing$/m)
    assert.match(readFileSync(configOf(ROTATED), 'utf8'), /^nextEnrolment = "next\/attestation\/enrolment\.cbor"$/m)
    agent(ROTATED).signal('SIGTERM')
    const { code, stderr } = await agent(ROTATED).ended
    assert.equal(code, 0, stderr)
    start(ROTATED)
    const keys = await agent(ROTATED).until(({ type }) => type === 'keys')
    assert.deepEqual([keys['signing'], keys['tls']], [['tpm', 'tpm'], ['tpm']])
    await allFourVerified()
  })

  test('from the change of session on no certificate and no member finds its record wrong', async (t) => {
    unwrap(await exportMembership({ config: configOf(0), out: bundle }))
    const present = unwrap(await readPresent(bundle))
    const file = join(folder, 'rotate.qto')
    const next = applianceNext()
    await rotateKey('order', `ts${ROTATED}`, '--bundle', bundle, '--out', file, '--only', 'signing', ...next)
    const unsigned = unwrap(decode(membershipOrderCodec, new Uint8Array(readFileSync(file)), 'order'))
    const membership = unwrap(decode(membershipCodec, unsigned.next, 'next'))
    const [before, now] = [present, membership].map(({ members }) => members[ROTATED])
    assert.notDeepEqual(now?.signingKey, before?.signingKey)
    assert.deepEqual(now?.tlsKeyHash, before?.tlsKeyHash)
    await order({ folder: join(folder, 'genesis'), pathOf }, present, membership, 0)
    const changes = await Promise.all(agents.map((each) => each.until(({ session }) => session === 1)))
    // Several records of the member.
    await certificates(20)
    for (const [id, each] of agents.entries()) {
      const verdicts = verdictsSince(changes[id] as ReportedEvent, each)
      const wrong = verdicts.filter((verdict) => verdict !== 'verified' && verdict !== 'unjudged')
      assert.deepEqual([wrong, reasonsAgainst(each)], [[], []], `as ts${id} sees it: ${verdicts.join()}`)
      const first = verdicts.indexOf('verified')
      assert.notEqual(first, -1, `as ts${id} sees it: ${verdicts.join()}`)
      t.diagnostic(
        `ts${id}: ${verdicts.length} certificates list the member, ${first} before the first that verifies it`,
      )
    }
  })

  test('a start before the end of the rotation goes on under the new key and its enrolment', async () => {
    agent(ROTATED).signal('SIGTERM')
    assert.equal((await agent(ROTATED).ended).code, 0)
    start(ROTATED)
    await allFourVerified()
    for (const each of agents) assert.deepEqual(reasonsAgainst(each), [])
  })

  test('the end destroys the old key, and nothing changes for the others', async () => {
    const former = readFileSync(own('keys', 'signing.sealed'))
    const next = readFileSync(own('next', 'keys', 'signing.sealed'))
    const enrolment = readFileSync(own('next', 'attestation', 'enrolment.cbor'))
    await rotateKey('finish', own())
    assert.deepEqual(readFileSync(own('keys', 'signing.sealed')), next)
    assert.notDeepEqual(next, former)
    assert.deepEqual(readFileSync(own('attestation', 'enrolment.cbor')), enrolment)
    const left = [
      own('keys', 'signing.sealed.former'),
      own('next', 'keys', 'signing.sealed'),
      own('next', 'attestation'),
    ]
    assert.deepEqual(left.filter(existsSync), [])
    assert.doesNotMatch(readFileSync(configOf(ROTATED), 'utf8'), /next/)
    assert.doesNotMatch(await rotateKey('finish', own()), /^(?!keep |$)/m)
    const from = await nextEvent(agent(0), ({ type }) => type === 'decision')
    // The records that the running agent makes from now on, and those of one that was started.
    await certificates(10)
    agent(ROTATED).signal('SIGTERM')
    assert.equal((await agent(ROTATED).ended).code, 0)
    start(ROTATED)
    const keys = await agent(ROTATED).until(({ type }) => type === 'keys')
    assert.deepEqual(keys['signing'], ['tpm'])
    await allFourVerified()
    const verdicts = new Set(verdictsSince(from, agent(0)))
    verdicts.delete('unjudged')
    assert.deepEqual([...verdicts], ['verified'])
    for (const each of agents) assert.deepEqual(reasonsAgainst(each), [])
    const checked = await quorumtime('check-config', '--config', configOf(ROTATED))
    assert.equal(checked.code, 0, checked.stderr)
    assert.doesNotMatch(checked.stdout, /^warning/m)
  })
})

function applianceNext(): readonly string[] {
  const [request, enrolment] = ['enrolment-request.cbor', 'enrolment.cbor'].map((name) => {
    return own('next', 'attestation', name)
  }) as [string, string]
  return ['--request', request, '--enrolment', enrolment]
}
