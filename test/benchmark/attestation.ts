import { type AttestationTold, allVerified, createAttestedCluster } from '../hil/attested-agents.ts'
import { missingSwtpm } from '../hil/swtpm.ts'
import type { AgentRun } from '../support/agent-process.ts'
import { commandLine } from '../support/command-line.ts'
import { openScope } from '../support/scope.ts'

/**
 * What attestation costs an epoch: from the mark to the certificate at every appliance of a cluster of four, without attestation and with
 * records that are made anew every few seconds, each out of a quote of a software TPM on the same machine.
 */
const values = commandLine({
  command: 'npm run -s bench:attestation',
  about: `What attestation costs an epoch: from the mark to the certificate at every appliance of a cluster of four, without it and with
records that are made anew every few seconds, out of a quote of a software TPM (swtpm).`,
  options: {
    seconds: { kind: 'number', default: 60, above: 0, help: 'of each half of a round' },
    'refresh-seconds': { kind: 'number', default: 6, above: 0, help: 'from one record to the next' },
    rounds: { kind: 'number', default: 2, min: 1, isWhole: true, help: 'without and with' },
  },
  examples: ['', '--seconds 20 --rounds 1'],
})
const missing = await missingSwtpm()
if (missing !== false) {
  console.error(missing)
  process.exit(1)
}

interface Figures {
  readonly latenciesMs: readonly number[]
  readonly certificates: number
  readonly verified: number
  readonly told: readonly AttestationTold[]
}

/** Nothing but certificates after everybody has settled counts. */
async function measure(isAttested: boolean): Promise<Figures> {
  const scope = openScope()
  try {
    const refreshMinutes = values['refresh-seconds'] / 60
    const cluster = await createAttestedCluster(scope, { refreshMinutes, isAttested })
    const agents = [0, 1, 2, 3].map((id) => cluster.start(id))
    const isSettled = isAttested ? allVerified(4) : isDecision
    await Promise.all(agents.map((agent) => agent.until(isSettled)))
    await sleepSeconds(10)
    const from = agents.map(({ events }) => events.length)
    await sleepSeconds(values.seconds)
    const decisions = agents.flatMap((agent, index) => decisionsOf(agent, from[index] ?? 0))
    const told = isAttested ? await Promise.all([0, 1, 2, 3].map((id) => cluster.ask(id))) : []
    return {
      latenciesMs: decisions.map((event) => Number(event['markToCertificateMs'])).filter(Number.isFinite),
      certificates: decisions.length,
      verified: decisions.filter(allVerified(4)).length,
      told,
    }
  } finally {
    await scope.close()
  }
}

function isDecision({ type }: AgentRun['events'][number]): boolean {
  return type === 'decision'
}

function decisionsOf({ events }: AgentRun, from: number): AgentRun['events'] {
  return events.slice(from).filter(isDecision)
}

function sleepSeconds(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
}

function quantile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)
}

function print(what: string, { latenciesMs, certificates, verified, told }: Figures): void {
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  console.log(
    `${what}: ${certificates} certificates, mark to certificate p50 ${quantile(sorted, 0.5)} ms, p99 ${quantile(sorted, 0.99)} ms, max ${quantile(sorted, 1)} ms`,
  )
  if (told.length === 0) return
  const records = told.reduce((sum, { own }) => sum + own.recordsMade, 0)
  const commands = told.reduce((sum, { own }) => sum + own.tpmCommands, 0)
  const outside = told.reduce((sum, { own }) => sum + own.tpmCommandsOutside, 0)
  const count = told.reduce((sum, { judgements }) => sum + (judgements?.count ?? 0), 0)
  const totalMs = told.reduce((sum, { judgements }) => sum + (judgements?.totalMs ?? 0), 0)
  const maxMs = Math.max(...told.map(({ judgements }) => judgements?.maxMs ?? 0))
  console.log(
    `  ${verified} with four verified records; ${records} records made, ${(commands / records).toFixed(1)} TPM commands each, ${outside} TPM commands at any other time`,
  )
  console.log(
    `  ${count} judgements, ${(totalMs / count).toFixed(2)} ms each of the agent's thread, ${maxMs.toFixed(1)} ms at most`,
  )
}

for (let round = 0; round < values.rounds; round++) {
  print('without attestation', await measure(false))
  print(`with, a record every ${values['refresh-seconds']} s of each`, await measure(true))
}
