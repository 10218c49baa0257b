import type { AgentRun } from '../../support/agent-process.ts'
import { readProcess } from '../footprint/process-figures.ts'

/** What one stretch of time was like for the whole cluster and for the one that is attacked. */
export interface PhaseFigures {
  readonly phase: string
  readonly seconds: number
  /** Certificates of the attacked member in that time. */
  readonly certificates: number
  /** Epochs that went by without a certificate of it. */
  readonly missed: number
  /** From an agent's epoch mark to its certificate, of all agents; and of the attacked one. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly victimP50Ms: number
  readonly victimP99Ms: number
  readonly cpuPercent: number
  readonly residentMiB: readonly [first: number, max: number, last: number]
}

interface Moment {
  readonly atMs: number
  readonly cpuS: number
  readonly counts: readonly number[]
}

/** Runs `during` and measures meanwhile. */
export async function measurePhase<T>(
  phase: string,
  agents: readonly AgentRun[],
  victim: AgentRun,
  during: () => Promise<T>,
): Promise<{ readonly figures: PhaseFigures; readonly result: T }> {
  const begun = momentOf(agents, victim)
  const resident: number[] = [readProcess(victim.pid).residentMiB]
  const sampler = setInterval(() => resident.push(readProcess(victim.pid).residentMiB), 1_000)
  const result = await during().finally(() => clearInterval(sampler))
  resident.push(readProcess(victim.pid).residentMiB)
  const ended = momentOf(agents, victim)
  const latencies = agents.map((agent, index) => latenciesOf(agent, begun.counts[index] ?? 0))
  const own = latencies[agents.indexOf(victim)] ?? []
  const all = latencies.flat()
  const epochs = epochsOf(victim, begun.counts[agents.indexOf(victim)] ?? 0)
  const seconds = (ended.atMs - begun.atMs) / 1_000
  return {
    result,
    figures: {
      phase,
      seconds: rounded(seconds),
      certificates: epochs.length,
      missed: Math.max(0, (epochs.at(-1) ?? 0) - (epochs[0] ?? 0) + 1 - epochs.length),
      p50Ms: quantile(all, 0.5),
      p99Ms: quantile(all, 0.99),
      maxMs: quantile(all, 1),
      victimP50Ms: quantile(own, 0.5),
      victimP99Ms: quantile(own, 0.99),
      cpuPercent: rounded(((ended.cpuS - begun.cpuS) / seconds) * 100),
      residentMiB: [rounded(resident[0] ?? 0), rounded(Math.max(...resident)), rounded(resident.at(-1) ?? 0)],
    },
  }
}

function momentOf(agents: readonly AgentRun[], victim: AgentRun): Moment {
  return {
    atMs: performance.now(),
    cpuS: readProcess(victim.pid).cpuS,
    counts: agents.map(({ events }) => events.length),
  }
}

function decisionsOf({ events }: AgentRun, from: number): AgentRun['events'] {
  return events.slice(from).filter((event) => event['type'] === 'decision')
}

function latenciesOf(agent: AgentRun, from: number): number[] {
  return decisionsOf(agent, from).flatMap(({ markToCertificateMs }) =>
    typeof markToCertificateMs === 'number' ? [markToCertificateMs] : [],
  )
}

function epochsOf(agent: AgentRun, from: number): number[] {
  return decisionsOf(agent, from).map(({ epoch }) => Number(epoch))
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return rounded(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN)
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
