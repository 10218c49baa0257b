import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkClusterPlan } from '../../provisioning/cluster-plan.ts'
import { createCluster } from '../../provisioning/new-cluster.ts'
import { type Desk, openDesk } from '../../src/cli/demo/instruments.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { readLeapTable } from '../../src/config/leap-seconds.ts'
import { toHex } from '../../src/core/bytes.ts'
import { NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { readDecisionLog } from '../../src/ledger/decision-log.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { type AgentRun, quorumtime, type ReportedEvent, startAgent } from '../support/agent-process.ts'
import { keepPtyNumbers } from '../support/pty-number.ts'
import { unwrap } from '../support/results.ts'
import { scopeIn } from '../support/scope.ts'
import { createNetworkNamespaces, type NetworkNamespaces } from './network-namespaces.ts'

const APPLIANCES = [0, 1, 2, 3]
/** What was under way when a network was cut is there by then, and told. */
const CUT_MS = 1_500

interface Rack {
  readonly folder: string
  readonly agents: readonly AgentRun[]
  /** Takes its instruments away from an appliance. */
  unplug(id: number): Promise<void>
}

/** Four appliances, each in a namespace of its own, with emulated instruments on real ptys, as the demo has them. */
function setUp(test: TestContext, network: NetworkNamespaces): Rack {
  const t = scopeIn(test)
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-partition-'))
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const desks = APPLIANCES.map((id) => {
    mkdirSync(join(folder, `ts${id}`, 'state'), { recursive: true })
    return unwrap(openDesk(join(folder, `ts${id}`), 1_000 + 10 * id, world.sky(startedAt, 0n)))
  })
  const unplugged = new Set<Desk>()
  const unplug = async (desk: Desk): Promise<void> => {
    if (unplugged.has(desk)) return
    unplugged.add(desk)
    keepPtyNumbers(t, desk)
    await desk.close()
  }
  t.after(async () => {
    await network.remove()
    await Promise.all(desks.map(unplug))
    rmSync(folder, { recursive: true, force: true })
  })
  const appliances = desks.map(({ sources }, id) => {
    return { name: `ts${id}`, site: `site-${id}`, address: network.address(id), sources }
  })
  const plan = unwrap(checkClusterPlan({ cluster: 'partition', acceptSingleDomain: ['gnss'], appliances }, 'plan'))
  const genesis = plus(world.truth(startedAt), 3n * NS_PER_SECOND)
  const genesisTai = taiNs(genesis - (genesis % NS_PER_SECOND))
  unwrap(createCluster({ plan, folder, dryRun: false, updateConfigurations: true, genesisTai }))
  const agents = APPLIANCES.map((id) => {
    return startAgent(t, join(folder, `ts${id}`, 'config.toml'), {}, network.within(id))
  })
  return { folder, agents, unplug: (id) => unplug(desks[id] as Desk) }
}

/** Resolves with the first event from now on that fits. */
function next(agent: AgentRun, fits: (event: ReportedEvent) => boolean): Promise<ReportedEvent> {
  const from = agent.events.length
  return agent.until((event) => fits(event) && agent.events.indexOf(event) >= from)
}

function inState(state: string): (event: ReportedEvent) => boolean {
  return (event) => event['type'] === 'cluster' && event['state'] === state
}

const isWhole = (event: ReportedEvent): boolean =>
  event['type'] === 'partition' && (event['after'] as readonly unknown[]).length === 1

const newestEpoch = ({ events }: AgentRun): number =>
  Math.max(0, ...events.filter(({ type }) => type === 'decision').map((event) => Number(event['epoch'])))
const ofType = ({ events }: AgentRun, type: string): readonly ReportedEvent[] =>
  events.filter((event) => event['type'] === type)

async function ask(folder: string, id: number, question: string): Promise<Record<string, unknown>> {
  const asked = await quorumtime(question, '--config', join(folder, `ts${id}`, 'config.toml'), '--json')
  assert.equal(asked.code, 0, asked.stderr)
  return JSON.parse(asked.stdout) as Record<string, unknown>
}

interface Told {
  readonly served: { readonly origin: string; readonly flags: readonly string[]; readonly boundNs: string }
  readonly cluster: { readonly state: string; readonly reason: string }
}

interface Episode {
  readonly samples: readonly { readonly boundNs: string }[]
  readonly ended: { readonly how: string; readonly divergence?: { readonly meets: boolean } } | undefined
}

test('four appliances in four network namespaces, cut in two and healed, twice', async (t) => {
  const network = await createNetworkNamespaces(APPLIANCES.length)
  if ('absent' in network) return t.skip(network.absent)
  const { folder, agents, unplug } = setUp(t, network)
  await Promise.all(agents.map((agent) => agent.until(inState('synced'))))

  await t.test('cut 3|1, the three go on, and the one comes back level with them', async () => {
    const fallen = next(agents[3] as AgentRun, inState('hardware-fallback'))
    const whole = next(agents[3] as AgentRun, isWhole)
    await network.cut([3])
    await sleep(CUT_MS)
    const before = agents.map(newestEpoch)
    await fallen
    // However long it takes them: it is they who go on.
    await Promise.all(
      [0, 1, 2].map((id) => {
        const agent = agents[id] as AgentRun
        return agent.until(() => newestEpoch(agent) - (before[id] ?? 0) >= 6)
      }),
    )
    assert.ok(newestEpoch(agents[3] as AgentRun) <= (before[3] ?? 0) + 1)
    const back = next(agents[3] as AgentRun, inState('synced'))
    await network.heal()
    await Promise.all([back, whole])
    const told = ofType(agents[3] as AgentRun, 'catch-up')
    // What others certify while it is catching up it may miss as well, and then catches up once more.
    const finished = told.filter((event) => event['done'] === event['of'])
    const fetched = finished.reduce((sum, event) => sum + Number(event['of']), 0)
    assert.ok(fetched >= 6 && finished.includes(told.at(-1) as ReportedEvent), JSON.stringify(told))
  })

  await t.test('cut 2|2, nobody certifies, and all serve their own hardware, flagged', async () => {
    const fallen = agents.map((agent) => next(agent, inState('hardware-fallback')))
    await network.cut([2, 3])
    // Appliance 0 loses its instruments too, after it has learnt the rate of its oscillator: its bound grows from here.
    await unplug(0)
    await sleep(CUT_MS)
    const before = agents.map(newestEpoch)
    await Promise.all(fallen)
    assert.deepEqual(agents.map(newestEpoch), before, 'a half has certified')
    const told = (await Promise.all(APPLIANCES.map((id) => ask(folder, id, 'status')))) as unknown as readonly Told[]
    for (const { served, cluster } of told) {
      assert.deepEqual([served.origin, served.flags], ['own-hardware', ['hardware-fallback']])
      assert.equal(cluster.state, 'hardware-fallback')
      assert.match(cluster.reason, /no certificate has steered for [1-9]\d+ epochs/)
    }
    const later = (await ask(folder, 0, 'status')) as unknown as Told
    assert.ok(BigInt(later.served.boundNs) > BigInt(told[0]?.served.boundNs ?? 0), 'a bound that does not grow')
  })

  await t.test('healed, certificates resume, and every appliance says how far off it had been', async () => {
    const back = agents.map((agent) => next(agent, inState('synced')))
    await network.heal()
    await Promise.all(back)
    for (const [id, agent] of agents.entries()) {
      const divergences = ofType(agent, 'divergence')
      const states = ofType(agent, 'cluster').map((event) => event['state'])
      const fallbacks = states.filter((state) => state === 'hardware-fallback').length
      assert.ok(divergences.length >= (id === 3 ? 2 : 1) && divergences.length <= fallbacks, `ts${id}`)
      for (const divergence of divergences) assert.equal(divergence['meets'], true, JSON.stringify(divergence))
      // By the time that the last of them is level with the others, the first may be short of a certificate again.
      const last = states.lastIndexOf('hardware-fallback')
      assert.deepEqual(states.slice(last - 1, last + 3), ['degraded', 'hardware-fallback', 'rejoining', 'synced'])
    }
  })

  await t.test('the record of the one has both episodes, and the network as it was', async () => {
    const told = await ask(folder, 3, 'partitions')
    const episodes = told['episodes'] as readonly Episode[]
    // On a busy machine a third: it was there before the cluster was.
    assert.ok(episodes.length >= 2, `${episodes.length} episodes`)
    for (const { ended } of episodes) assert.deepEqual([ended?.how, ended?.divergence?.meets], ['certificate', true])
    const parts = (told['history'] as readonly { after: unknown }[]).map(({ after }) => JSON.stringify(after))
    assert.ok(parts.length >= 4 && parts.includes(JSON.stringify([['ts0', 'ts1', 'ts2', 'ts3']])), parts.join('; '))
    const [grown] = (await ask(folder, 0, 'partitions'))['episodes'] as readonly Episode[]
    const bounds = (grown?.samples ?? []).map(({ boundNs }) => BigInt(boundNs))
    assert.ok(bounds.length >= 1 && bounds.every((bound, index) => bound >= (bounds[index - 1] ?? 0n)))
  })

  await t.test('no log has a hole, and all tell the same', async () => {
    for (const agent of agents) agent.signal('SIGTERM')
    const ends = await Promise.all(agents.map(({ ended }) => ended))
    assert.deepEqual(
      ends.map(({ code }) => code),
      [0, 0, 0, 0],
    )
    const roots = APPLIANCES.map((id) => {
      const log = unwrap(readDecisionLog(join(folder, `ts${id}`, 'state', 'decisions.sqlite')))
      assert.deepEqual(unwrap(log.gaps(8)), [], `ts${id}`)
      const newest = unwrap(log.newestCertified())?.height ?? 0
      const leaves = unwrap(log.leafHashes(newest)).map(toHex)
      log.close()
      return leaves
    })
    const common = Math.min(...roots.map(({ length }) => length))
    assert.ok(common >= 20, `${common} decisions`)
    for (const leaves of roots) assert.deepEqual(leaves.slice(0, common), roots[0]?.slice(0, common))
  })
})
