import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDesk } from '../../../src/cli/demo/instruments.ts'
import { createWorld } from '../../../src/cli/demo/world.ts'
import { readLeapTable } from '../../../src/config/leap-seconds.ts'
import { NS_PER_SECOND, plus, taiNs } from '../../../src/core/time.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'
import { runCommand } from '../../hil/command.ts'
import type { NetworkNamespaces } from '../../hil/network-namespaces.ts'
import { type AgentRun, provision, quorumtime, startAgent } from '../../support/agent-process.ts'
import { commandLine } from '../../support/command-line.ts'
import { unwrap } from '../../support/results.ts'
import { openScope, type Scope } from '../../support/scope.ts'
import { openRack } from '../footprint/grandmasters.ts'
import { compileFlood, FLOOD_KINDS, type Flood, type FloodCounts, type FloodKind } from './flood.ts'
import { garbage, recordHello, recordRangingPacket } from './payloads.ts'
import { measurePhase, type PhaseFigures } from './phases.ts'
import { measureReconnects } from './reconnect.ts'

/**
 * What connections of strangers cost a member: four real agents in network namespaces, epochs of a second, and a load
 * generator that opens connections at the peer port of the last of them, from a host of its own or from that of a member.
 * In one run: before, while the generator runs against a port that is closed (what it takes of a machine that both share),
 * under attack, and after.
 */
const NODES = 4
const VICTIM = 3
const CLUSTER_PORT = 7_400
const RANGING_PORT = 7_401
const CLOSED_PORT = 7_999
const GENESIS_AHEAD_NS = 3n * NS_PER_SECOND
const WARM_UP_S = 20
const SOURCES = 100
/** As systemd/quorumtime.service has it: code that comes from a cache stays whole in memory. */
const AS_A_SERVICE = { NODE_DISABLE_COMPILE_CACHE: '1' }

interface Plan {
  readonly seconds: number
  readonly perSecond: number
  readonly kind: FloodKind | 'udp-replay'
  /** Who attacks: hosts that are nobody's, or the host of a member. */
  readonly from: 'strangers' | 'peer'
}

interface Bench {
  readonly network: NetworkNamespaces
  readonly agents: readonly AgentRun[]
  readonly victim: AgentRun
  readonly folder: string
  readonly flood: Flood
}

async function openBench(scope: Scope): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-hostile-'))
  scope.after(() => rmSync(folder, { recursive: true, force: true }))
  const flood = compileFlood(scope, folder)
  const network = await openRack(scope, NODES)
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const sources = Array.from({ length: NODES }, (_, id) => {
    const own = join(folder, `ts${id}`)
    mkdirSync(join(own, 'state'), { recursive: true })
    const desk = unwrap(openDesk(own, 1_000 + 10 * id, world.sky(startedAt, 0n)))
    scope.after(() => desk.close())
    return desk.sources
  })
  const addresses = sources.map((_, id) => network.address(id))
  const earliest = plus(world.truth(startedAt), GENESIS_AHEAD_NS)
  const genesisTai = taiNs(earliest - (earliest % NS_PER_SECOND))
  await provision({ folder, sources, cluster: 'hostile', genesisTai, addresses })
  const agents = sources.map((_, id) =>
    startAgent(scope, join(folder, `ts${id}`, 'config.toml'), AS_A_SERVICE, network.within(id)),
  )
  const victim = agents[VICTIM]
  if (victim === undefined) throw new Error('expected an agent to attack')
  await Promise.all(agents.map((agent) => agent.until((event) => event['type'] === 'decision')))
  await sleep(WARM_UP_S * 1_000)
  return { network, agents, victim, folder, flood }
}

/** Addresses of strangers on the host behind the last agent; a flood of many has many of them. */
async function strangeAddresses({ within }: NetworkNamespaces): Promise<readonly string[]> {
  const addresses = Array.from({ length: SOURCES }, (_, index) => `192.0.2.${100 + index}`)
  for (const address of addresses) {
    const [command, ...words] = [...within(NODES), 'ip', 'address', 'add', `${address}/24`, 'dev', 'uplink']
    await runCommand(command, words, 10)
  }
  return addresses
}

async function payloadOf(kind: Plan['kind'], { folder, network }: Bench): Promise<Uint8Array> {
  if (kind === 'hello' || kind === 'loris') return recordHello()
  if (kind === 'udp-replay') {
    return recordRangingPacket(folder, RANGING_PORT, network.address(0), network.within(VICTIM))
  }
  return garbage(kind === 'udp' ? 104 : 512)
}

async function attack(plan: Plan): Promise<object> {
  const scope = openScope()
  try {
    const bench = await openBench(scope)
    const { agents, victim, flood, network } = bench
    const attacker = plan.from === 'peer' ? 0 : NODES
    const sources = plan.from === 'peer' ? [network.address(0)] : await strangeAddresses(network)
    const payload = await payloadOf(plan.kind, bench)
    const isUdp = plan.kind === 'udp' || plan.kind === 'udp-replay'
    const run = (port: number): Promise<FloodCounts> =>
      flood.run(
        {
          kind: plan.kind === 'udp-replay' ? 'udp' : plan.kind,
          host: network.address(VICTIM),
          port,
          perSecond: plan.perSecond,
          seconds: plan.seconds,
          sources,
          payload,
        },
        network.within(attacker),
      )
    const phase = <T>(name: string, during: () => Promise<T>): ReturnType<typeof measurePhase<T>> => {
      console.error(`hostile: ${name}, ${plan.seconds} s`)
      return measurePhase(name, agents, victim, during)
    }
    const quiet = (): Promise<void> => sleep(plan.seconds * 1_000)
    const before = await phase('before', quiet)
    const beside = await phase('generator against a closed port', () => run(CLOSED_PORT))
    const under = await phase('attack', () => run(isUdp ? RANGING_PORT : CLUSTER_PORT))
    const after = await phase('after', quiet)
    const config = join(bench.folder, `ts${VICTIM}`, 'config.toml')
    const status = await quorumtime('status', '--config', config, '--json')
    const standing = JSON.parse(status.stdout) as Record<string, unknown>
    return {
      plan,
      phases: [before, beside, under, after].map(({ figures }) => figures),
      generator: under.result,
      peerPort: standing['peerPort'],
      ranging: standing['ranging'],
      alarms: victim.events.filter(({ type }) => type === 'alarm').slice(-20),
    }
  } finally {
    await scope.close()
  }
}

async function reconnects(): Promise<void> {
  const scope = openScope()
  try {
    const folder = mkdtempSync(join(tmpdir(), 'quorumtime-hostile-'))
    scope.after(() => rmSync(folder, { recursive: true, force: true }))
    const rows = await measureReconnects(scope, compileFlood(scope, folder), { seconds, perSecond })
    if (values.json) console.log(JSON.stringify(rows, null, 2))
    else {
      console.log('| attack from | reconnects | median ms | max ms |\n|---|---|---|---|')
      for (const each of rows)
        console.log(`| ${each.attackFrom} | ${each.reconnects} | ${each.medianMs} | ${each.maxMs} |`)
    }
  } finally {
    await scope.close()
  }
}

function print(report: Awaited<ReturnType<typeof attack>>): void {
  const { phases, ...rest } = report as { readonly phases: readonly PhaseFigures[] }
  console.log(
    '| phase | certified | missed | p50 / p99 / max ms | attacked p50 / p99 ms | CPU, % of a core | resident MiB |',
  )
  console.log('|---|---|---|---|---|---|---|')
  for (const each of phases) {
    const latency = `${each.p50Ms} / ${each.p99Ms} / ${each.maxMs}`
    const own = `${each.victimP50Ms} / ${each.victimP99Ms}`
    const cells = [
      each.phase,
      each.certificates,
      each.missed,
      latency,
      own,
      each.cpuPercent,
      each.residentMiB.join(' / '),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log(JSON.stringify(rest))
}

const values = commandLine({
  command: 'npm run -s bench:hostile',
  about: `What connections of strangers cost a member: four agents in network namespaces (as root), and a load generator at the peer
port of the last one. Before, against a closed port, under attack, and after.`,
  options: {
    seconds: { kind: 'number', default: 60, above: 0, help: 'of each of the four' },
    rate: { kind: 'number', default: 1_000, above: 0, help: 'connections or packets a second' },
    kind: { kind: 'word', default: 'hello', of: [...FLOOD_KINDS, 'udp-replay'], help: 'what comes' },
    from: { kind: 'word', default: 'strangers', of: ['strangers', 'peer'], help: 'whose addresses' },
    reconnect: { kind: 'flag', help: 'instead: how soon a member is back while its own address is flooded' },
    json: { kind: 'flag', help: 'one JSON object on standard output' },
  },
  examples: ['--kind hello', '--seconds 25 --kind loris --json', '--kind udp-replay --from peer', '--reconnect'],
})
if (values.reconnect) {
  await reconnects()
  process.exit()
}
const { seconds, rate: perSecond, kind, from } = values
const report = await attack({ seconds, perSecond, kind, from })
if (values.json) console.log(JSON.stringify(report, null, 2))
else print(report)
