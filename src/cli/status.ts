import type { Command } from 'commander'
import { askAgent, type Question } from '../agent/control-socket.ts'
import { readConfiguration } from '../config/parse.ts'
import { type AttestationAnswer, describeAttestation } from './describe-attestation.ts'
import { describePartitions, type PartitionsAnswer } from './describe-partitions.ts'
import { describeSources, type SourcesAnswer } from './describe-sources.ts'
import { formatDurationNs } from './present.ts'
import { printLine, reportFault } from './terminal.ts'

/** `status`, `sources`, `peers`, `partitions`, `attestation`: what a running agent says of itself. */
export function addStatusVerbs(program: Command): void {
  add(program, 'status', 'What a running agent serves, how good it is, and why')
  add(program, 'sources', 'Every source of a running agent, with the reason when it is not used')
  add(program, 'peers', 'Links to the other appliances: state, round trip, loss')
  add(
    program,
    'partitions',
    'Who sees whom, the parts of the network and their history, and times of hardware fallback',
  )
  add(program, 'attestation', 'What vouches for the appliances, and what a running agent makes of their records')
}

function add(program: Command, question: Question, description: string): void {
  program
    .command(question)
    .description(description)
    .requiredOption('--config <file>', "the running agent's configuration")
    .option('--json', 'one JSON object')
    .addHelpText('after', `\nExample:\n  quorumtime ${question} --config /etc/quorumtime/config.toml`)
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const configuration = readConfiguration(config)
      if (!configuration.ok) return reportFault(configuration.fault)
      const answer = await askAgent(configuration.value.node.controlSocket, question)
      if (!answer.ok) return reportFault(answer.fault)
      if (json === true) printLine(answer.value)
      else for (const line of linesOf(question, JSON.parse(answer.value) as unknown)) printLine(line)
    })
}

function linesOf(question: Question, answer: unknown): readonly string[] {
  if (question === 'attestation') return describeAttestation(answer as AttestationAnswer)
  if (question === 'partitions') return describePartitions(answer as PartitionsAnswer)
  return question === 'sources' ? describeSources(answer as SourcesAnswer) : outline(answer, '')
}

/** JSON as indented lines; durations get the unit that fits. */
function outline(value: unknown, indent: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${indent}${String(value)}`]
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    const label = Array.isArray(value) ? '-' : `${key}:`
    if (typeof item === 'object' && item !== null) {
      const inner = outline(item, `${indent}  `)
      return inner.length === 0 ? [`${indent}${label} none`] : [`${indent}${label}`, ...inner]
    }
    return [`${indent}${label} ${shown(key, item)}`]
  })
}

function shown(key: string, item: unknown): string {
  const isDuration = key.endsWith('Ns') && key !== 'taiNs' && typeof item === 'string' && /^-?\d+$/.test(item)
  if (isDuration) return formatDurationNs(BigInt(item))
  return typeof item === 'string' ? item : (JSON.stringify(item) ?? 'none').replace(/^null$/, 'none')
}
