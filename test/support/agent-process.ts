import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { checkClusterPlan } from '../../provisioning/cluster-plan.ts'
import { createCluster } from '../../provisioning/new-cluster.ts'
import { AGENT_ENVIRONMENT, AGENT_NODE_FLAGS } from '../../src/cli/agent-flags.ts'
import { freePorts } from '../../src/cli/demo/ports.ts'
import type { Membership } from '../../src/consensus/membership.ts'
import { type TaiNs, taiNs } from '../../src/core/time.ts'
import { unwrap } from './results.ts'
import type { Scope } from './scope.ts'

/** A real cluster in a folder, and its real processes. */

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface ProvisionOptions {
  readonly folder: string
  /** The `[[sources]]` of each appliance, by its number; so many appliances there are. */
  readonly sources: readonly (readonly object[])[]
  readonly genesisTai?: TaiNs
  readonly cluster?: string
  /** Where each is, with the usual ports; absent: on loopback, with free ones. */
  readonly addresses?: readonly string[]
}

/** Appliances ts0, ts1 …, each in a folder of its name. */
export async function provision(options: ProvisionOptions): Promise<Membership> {
  const { folder, sources, cluster = 'test', genesisTai = taiNs(0n) } = options
  const places = options.addresses?.map((address) => ({ address })) ?? (await onLoopback(sources.length))
  const appliances = places.map((place, id) => {
    return { name: `ts${id}`, site: `site-${id}`, ...place, sources: sources[id] ?? [] }
  })
  const plan = unwrap(checkClusterPlan({ cluster, acceptSingleDomain: ['gnss'], appliances }, 'plan'))
  const made = unwrap(createCluster({ plan, folder, dryRun: false, updateConfigurations: true, genesisTai }))
  if (made.membership === undefined) throw new Error('expected a membership of a run that is not dry')
  return made.membership
}

async function onLoopback(count: number): Promise<readonly { readonly address: string }[]> {
  return (await freePorts(count)).map((own) => ({ address: '127.0.0.1', ...own }))
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a verb to its end, as an operator would. */
export async function quorumtime(...words: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = Promise.withResolvers<number | null>()
  child.once('close', closed.resolve)
  const [code, stdout, stderr] = await Promise.all([closed.promise, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

export type ReportedEvent = Readonly<Record<string, unknown>>

export interface AgentRun {
  readonly pid: number
  /** What it has said so far. */
  readonly events: readonly ReportedEvent[]
  /** Resolves with the first event that fits, past or future; rejects when the process ends without it. */
  until(fits: (event: ReportedEvent) => boolean): Promise<ReportedEvent>
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/**
 * Starts an agent and listens to it. It is killed at the end of the test, if it still runs then. `within`: words that its
 * command line begins with, of a command that becomes the agent.
 */
export function startAgent(
  t: Scope,
  configFile: string,
  env: Readonly<Record<string, string>> = {},
  within: readonly string[] = [],
): AgentRun {
  const [command, ...words] = [...within, process.execPath]
  const child = spawn(command, [...words, ...AGENT_NODE_FLAGS, MAIN, 'agent', '--config', configFile, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...AGENT_ENVIRONMENT, ...env },
  })
  const events: ReportedEvent[] = []
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of waiting) look()
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    events.push(JSON.parse(line) as ReportedEvent)
    wake()
  })
  const closed = Promise.withResolvers<number | null>()
  let isClosed = false
  child.once('close', (code) => {
    isClosed = true
    closed.resolve(code)
    wake()
  })
  t.after(async () => {
    child.kill('SIGKILL')
    // Whoever clears up after it meets nobody who still writes.
    await closed.promise
  })
  const errors = text(child.stderr)
  const { pid } = child
  if (pid === undefined) throw new Error(`expected to start ${command}, got no process`)
  return {
    pid,
    events,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find(fits)
          if (found === undefined && !isClosed) return
          waiting.delete(look)
          if (found === undefined) reject(new Error(`the agent ended without it; it said:\n${lines.join('\n')}`))
          else resolve(found)
        }
        waiting.add(look)
        look()
      }),
    signal: (name) => child.kill(name),
    ended: Promise.all([closed.promise, errors]).then(([code, stderr]) => ({ code, stdout: lines.join('\n'), stderr })),
  }
}
