import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { fail, ok, type Result } from '../../../src/core/fault.ts'
import type { Memo } from '../../support/shared-compose.ts'
import { ADVERSARIES } from '../byzantine/adversaries.ts'
import { CAMPAIGNS, type Row } from './campaigns.ts'
import { SIGNATURES, type SignatureKind } from './signatures.ts'

/** What the command line asks for. */
export interface SimulateArguments {
  readonly rows: readonly Row[]
  readonly adversary: string | undefined
  readonly calm: boolean
  readonly memo: Memo
  readonly jobs: number
  readonly json: boolean
  readonly trace: boolean
  readonly help: boolean
}

const NODES_MAX = 100
const SEED_MAX = 2 ** 24
const EPOCHS_MIN = 4
const EPOCHS_MAX = 3_600
const JOBS_MAX = 256

const OPTIONS = {
  nodes: { type: 'string' },
  seeds: { type: 'string' },
  epochs: { type: 'string' },
  campaign: { type: 'string' },
  adversary: { type: 'string' },
  calm: { type: 'boolean', default: false },
  signatures: { type: 'string' },
  memo: { type: 'string', default: 'on' },
  jobs: { type: 'string', default: String(availableParallelism()) },
  json: { type: 'boolean', default: false },
  trace: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

export const HELP = `npm run -s simulate -- [options]: whole clusters on virtual time, one run for each seed

  --nodes N[,N…]      members of the cluster, 1 to ${NODES_MAX}; several sizes run one after the other (4)
  --seeds A..B        which seeds, or one seed (1..100)
  --epochs E          epochs of a run, ${EPOCHS_MIN} to ${EPOCHS_MAX} (30); the storm takes about a third of them, at most 10
  --adversary NAME    f members play this one, and nothing else is faulty in them; without it the seed draws
  --calm              no storm, no crashes, nobody faulty unless an adversary is named
  --signatures KIND   ${Object.keys(SIGNATURES).join(' or ')} (keyed-hash)
  --campaign NAME     ${Object.keys(CAMPAIGNS).join(' or ')}: a table of sizes and seeds, in place of the options above it
  --memo on|off|check whether members share what they compose; check composes again and compares (on)
  --jobs J            worker threads (${OPTIONS.jobs.default})
  --json              one JSON object on stdout
  --trace             tells everything that happens in the run of one seed
  --help              this

adversaries: ${Object.keys(ADVERSARIES).join(', ')}

examples:
  npm run -s simulate -- --nodes 4 --seeds 1..1000 --json
  npm run -s simulate -- --nodes 4,5,7,8,10 --seeds 1..100 --epochs 30
  npm run -s simulate -- --nodes 7 --seeds 17 --trace
  npm run -s simulate -- --nodes 4 --seeds 1..50 --adversary two-blocks --calm
  npm run -s simulate -- --nodes 4 --seeds 1..3 --epochs 10 --signatures ml-dsa-87

exit status: 0 when no run shows a violation, 1 when one does, 2 when the arguments are wrong
`

/** Faults (`simulate.arguments`) say which option, what was expected and what came. */
export function parseArguments(args: readonly string[]): Result<SimulateArguments> {
  let values: Values
  try {
    values = readOptions(args)
  } catch (error) {
    return fail('simulate.arguments', `${error instanceof Error ? error.message : String(error)}; see --help`)
  }
  const jobs = parseCount('--jobs', values.jobs, 1, JOBS_MAX)
  if (!jobs.ok) return jobs
  const { adversary, calm, memo, json, trace, help } = values
  if (!isMemo(memo)) return wrong('--memo', 'on, off or check', memo)
  if (adversary !== undefined && ADVERSARIES[adversary] === undefined) {
    return wrong('--adversary', `one of ${Object.keys(ADVERSARIES).join(', ')}`, adversary)
  }
  const rows = values.campaign === undefined ? parseRows(values) : parseCampaign(values)
  if (!rows.ok) return rows
  const [first] = rows.value
  if (trace && (rows.value.length > 1 || first?.firstSeed !== first?.lastSeed)) {
    return wrong('--trace', 'one seed and one number of nodes', `--nodes ${values.nodes} --seeds ${values.seeds}`)
  }
  if (trace && json) return wrong('--trace', 'no --json beside it', '--json')
  return ok({ rows: rows.value, jobs: jobs.value, adversary, calm, memo, json, trace, help })
}

type Values = ReturnType<typeof readOptions>

function parseCampaign({ campaign = '', nodes, seeds, epochs, signatures }: Values): Result<readonly Row[]> {
  const rows = CAMPAIGNS[campaign]
  if (rows === undefined) return wrong('--campaign', Object.keys(CAMPAIGNS).join(' or '), campaign)
  const beside = Object.entries({ nodes, seeds, epochs, signatures }).find(([, value]) => value !== undefined)
  return beside === undefined
    ? ok(rows)
    : wrong('--campaign', `no --${beside[0]} beside it`, `--${beside[0]} ${beside[1]}`)
}

function parseRows(values: Values): Result<readonly Row[]> {
  const { signatures = 'keyed-hash' } = values
  const nodes = parseNodes(values.nodes ?? '4')
  if (!nodes.ok) return nodes
  const seeds = parseSeeds(values.seeds ?? '1..100')
  if (!seeds.ok) return seeds
  const epochs = parseCount('--epochs', values.epochs ?? '30', EPOCHS_MIN, EPOCHS_MAX)
  if (!epochs.ok) return epochs
  if (!isSignatureKind(signatures)) return wrong('--signatures', Object.keys(SIGNATURES).join(' or '), signatures)
  const [firstSeed, lastSeed] = seeds.value
  return ok(nodes.value.map((n) => ({ n, firstSeed, lastSeed, epochs: epochs.value, signatures })))
}

function readOptions(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS }).values
}

function wrong(option: string, expected: string, got: string): Result<never> {
  return fail('simulate.arguments', `${option}: expected ${expected}, got ${got}`)
}

function parseNodes(text: string): Result<readonly number[]> {
  const nodes: number[] = []
  for (const part of text.split(',')) {
    const count = parseCount('--nodes', part, 1, NODES_MAX)
    if (!count.ok) return count
    nodes.push(count.value)
  }
  return ok(nodes)
}

function parseSeeds(text: string): Result<readonly [number, number]> {
  const [first = '', last = first, ...more] = text.split('..')
  const [from, to] = [first, last].map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN))
  if (more.length > 0 || from === undefined || to === undefined || !(from <= to && to <= SEED_MAX)) {
    return wrong('--seeds', `A..B with 0 <= A <= B <= ${SEED_MAX}, or one seed`, text)
  }
  return ok([from, to])
}

function parseCount(option: string, text: string, min: number, max: number): Result<number> {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return count >= min && count <= max ? ok(count) : wrong(option, `a whole number from ${min} to ${max}`, text)
}

function isMemo(text: string): text is Memo {
  return text === 'on' || text === 'off' || text === 'check'
}

function isSignatureKind(text: string): text is SignatureKind {
  return Object.hasOwn(SIGNATURES, text)
}
