import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDesk } from '../../../src/cli/demo/instruments.ts'
import { createWorld } from '../../../src/cli/demo/world.ts'
import { readLeapTable } from '../../../src/config/leap-seconds.ts'
import { NS_PER_SECOND, plus, taiNs } from '../../../src/core/time.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'
import { type AgentRun, provision, startAgent } from '../../support/agent-process.ts'
import { commandLine } from '../../support/command-line.ts'
import { unwrap } from '../../support/results.ts'
import { openScope, type Scope } from '../../support/scope.ts'
import { grandmasterSources, openRack, startGrandmasters } from './grandmasters.ts'
import { type Growth, growthOf, verdictOf } from './growth.ts'
import { type ProcessFigures, readProcess, readThreads } from './process-figures.ts'

/**
 * What an idle agent costs: four of them, each a process with a receiver and a SmartClock on ptys, epochs of a second,
 * ranging as it is by default, and emulated PTP grandmasters where they are asked for. Processor time is all that the process takes, of every thread, as a share of one core.
 */
interface Taken extends ProcessFigures {
  readonly atS: number
}

interface AgentFigures {
  readonly agent: string
  readonly cpuPercent: number
  readonly threadsPercent: Readonly<Record<string, number>>
  readonly threads: number
  readonly residentMiB: Spread
  readonly anonymousMiB: Spread
  /** Through the second half of the run; undefined where that is too short to say. */
  readonly residentGrowth: Growth | undefined
  readonly anonymousGrowth: Growth | undefined
  readonly certificates: number
}

interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

const GENESIS_AHEAD_NS = 3n * NS_PER_SECOND
/** As systemd/quorumtime.service has it: code that comes from a cache stays whole in memory. */
const AS_A_SERVICE = { NODE_DISABLE_COMPILE_CACHE: '1' }
const SAMPLE_MS = 5_000
const PATIENCE_MS = 90_000

interface Plan {
  readonly minutes: number
  readonly warmUpS: number
  readonly nodes: number
  readonly grandmasters: number
}

async function startCluster(scope: Scope, folder: string, { nodes, grandmasters }: Plan): Promise<readonly AgentRun[]> {
  const network = grandmasters === 0 ? undefined : await openRack(scope, nodes)
  if (network !== undefined) startGrandmasters(scope, network, nodes, grandmasters)
  const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
  const startedAt = readMonoNs()
  const sources = Array.from({ length: nodes }, (_, id) => {
    const own = join(folder, `ts${id}`)
    mkdirSync(join(own, 'state'), { recursive: true })
    const desk = unwrap(openDesk(own, 1_000 + 10 * id, world.sky(startedAt, 0n)))
    scope.after(() => desk.close())
    return [...desk.sources, ...grandmasterSources(grandmasters)]
  })
  const addresses = network === undefined ? {} : { addresses: sources.map((_, id) => network.address(id)) }
  const earliest = plus(world.truth(startedAt), GENESIS_AHEAD_NS)
  const genesisTai = taiNs(earliest - (earliest % NS_PER_SECOND))
  await provision({ folder, sources, cluster: 'footprint', genesisTai, ...addresses })
  return sources.map((_, id) =>
    startAgent(scope, join(folder, `ts${id}`, 'config.toml'), AS_A_SERVICE, network?.within(id)),
  )
}

async function measure(plan: Plan): Promise<readonly AgentFigures[]> {
  const scope = openScope()
  // Stopped half-way, it takes its processes and namespaces back as well.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      const exit = (): never => process.exit(1)
      scope.close().then(exit, exit)
    })
  }
  try {
    const folder = mkdtempSync(join(tmpdir(), 'quorumtime-footprint-'))
    scope.after(() => rmSync(folder, { recursive: true, force: true }))
    const { minutes, warmUpS } = plan
    const agents = await startCluster(scope, folder, plan)
    const patience = AbortSignal.timeout(PATIENCE_MS)
    await Promise.all(
      agents.map((agent) =>
        agent.until((event) => {
          if (patience.aborted) throw new Error('expected a certificate of every agent within 90 s, got none')
          return event['type'] === 'decision'
        }),
      ),
    )
    console.error(`footprint: every agent has a certificate; warming up for ${warmUpS} s, then ${minutes} min`)
    await sleep(warmUpS * 1_000)
    return await watch(agents, minutes)
  } finally {
    await scope.close()
  }
}

async function watch(agents: readonly AgentRun[], minutes: number): Promise<readonly AgentFigures[]> {
  const startedAtMs = performance.now()
  const before = agents.map(({ pid }) => readThreads(pid))
  const certificates = agents.map((agent) => countOf(agent))
  const taken: Taken[][] = agents.map(() => [])
  const elapsedS = (): number => (performance.now() - startedAtMs) / 1_000
  for (;;) {
    const atS = elapsedS()
    for (const [index, { pid }] of agents.entries()) taken[index]?.push({ atS, ...readProcess(pid) })
    if (atS >= minutes * 60) break
    if (Math.floor(atS / 60) !== Math.floor((atS + SAMPLE_MS / 1_000) / 60)) console.error(progressOf(atS, taken))
    await sleep(SAMPLE_MS)
  }
  const overS = elapsedS()
  return agents.map((agent, index) => {
    const threads = [...readThreads(agent.pid)].map(([name, cpuS]): [string, number] => [
      name,
      rounded(((cpuS - (before[index]?.get(name) ?? 0)) / overS) * 100),
    ])
    const decided = countOf(agent) - (certificates[index] ?? 0)
    return figuresOf(`ts${index}`, taken[index] ?? [], Object.fromEntries(threads), decided)
  })
}

function countOf({ events }: AgentRun): number {
  return events.filter((event) => event['type'] === 'decision').length
}

function figuresOf(
  agent: string,
  taken: readonly Taken[],
  threadsPercent: AgentFigures['threadsPercent'],
  certificates: number,
): AgentFigures {
  const [first, last] = [taken[0], taken.at(-1)]
  if (first === undefined || last === undefined) throw new Error('expected figures, got none')
  return {
    agent,
    cpuPercent: rounded(((last.cpuS - first.cpuS) / Math.max(1, last.atS - first.atS)) * 100),
    threadsPercent,
    threads: last.threads,
    residentMiB: spreadOf(taken.map(({ residentMiB }) => residentMiB)),
    anonymousMiB: spreadOf(taken.map(({ anonymousMiB }) => anonymousMiB)),
    residentGrowth: growthOf(taken.map(({ atS, residentMiB }) => ({ atS, miB: residentMiB }))),
    anonymousGrowth: growthOf(taken.map(({ atS, anonymousMiB }) => ({ atS, miB: anonymousMiB }))),
    certificates,
  }
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (index: number): number => rounded(sorted[index] ?? Number.NaN)
  return { min: at(0), median: at(sorted.length >> 1), max: at(sorted.length - 1) }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

function progressOf(atS: number, taken: readonly (readonly Taken[])[]): string {
  const now = taken.map((each) => `${rounded(each.at(-1)?.residentMiB ?? 0)} MiB`)
  return `footprint: after ${Math.round(atS / 60)} min ${now.join(', ')}`
}

function showGrowth(growth: Growth | undefined): string {
  if (growth === undefined) return 'too short to say'
  return `${rounded(growth.perHourMiB)} ± ${rounded(growth.uncertaintyMiB)}, ${verdictOf(growth)}`
}

function show({ min, median, max }: Spread): string {
  return `${min} / ${median} / ${max}`
}

const values = commandLine({
  command: 'npm run -s bench:footprint',
  about: `What an idle agent costs: processor time of all its threads as a share of one core, and memory. Each agent is a process with an
emulated receiver and a SmartClock on ptys.`,
  options: {
    minutes: { kind: 'number', default: 5, above: 0, help: 'that are measured' },
    'warm-up': { kind: 'number', default: 60, min: 0, help: 'seconds before them' },
    nodes: { kind: 'number', default: 4, min: 1, isWhole: true, help: 'agents' },
    grandmasters: {
      kind: 'number',
      default: 0,
      min: 0,
      max: 8,
      isWhole: true,
      help: 'emulated PTP grandmasters (as root)',
    },
    json: { kind: 'flag', help: 'one JSON object on standard output' },
  },
  examples: ['', '--minutes 60 --grandmasters 3', '--minutes 1 --warm-up 20 --json'],
})
const { minutes, nodes, grandmasters } = values
const plan: Plan = { minutes, warmUpS: values['warm-up'], nodes, grandmasters }
const rows = await measure(plan)
if (values.json) console.log(JSON.stringify(rows, null, 2))
else {
  const memory = ['resident MiB min / median / max', 'MiB an hour', 'anonymous', 'MiB an hour', 'certificates']
  console.log(`| ${['agent', 'CPU, % of a core', 'of which', 'threads', ...memory].join(' | ')} |`)
  console.log(`|${'---|'.repeat(4 + memory.length)}`)
  for (const each of rows) {
    const threads = Object.entries(each.threadsPercent).map(([name, percent]) => `${name} ${percent}`)
    const resident = [show(each.residentMiB), showGrowth(each.residentGrowth)]
    const anonymous = [show(each.anonymousMiB), showGrowth(each.anonymousGrowth)]
    const cells = [each.agent, each.cpuPercent, threads.join(', '), each.threads, ...resident, ...anonymous]
    console.log(`| ${[...cells, each.certificates].join(' | ')} |`)
  }
}
