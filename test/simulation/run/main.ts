import { HELP, parseArguments, type SimulateArguments } from './arguments.ts'
import type { Batch, Failure } from './batch.ts'
import { runBatches } from './pool.ts'
import { describeFailure, jsonReport, textReport } from './report.ts'
import { SIGNATURES } from './signatures.ts'
import { simulateSeed } from './simulate.ts'
import { add, NOTHING, violationsOf } from './totals.ts'
import { createTrace } from './trace.ts'

/** Seeds of a batch: small ones keep all threads busy to the end. */
const BATCH_SEEDS_MAX = 16
const PROGRESS_SECONDS = 2

async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2))
  if (!parsed.ok) {
    console.error(`simulate: ${parsed.fault.message}`)
    return 2
  }
  if (parsed.value.help) {
    process.stdout.write(HELP)
    return 0
  }
  return parsed.value.trace ? traceOne(parsed.value) : runAll(parsed.value)
}

async function runAll(args: SimulateArguments): Promise<number> {
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const seedsInAll = args.rows.reduce((sum, { firstSeed, lastSeed }) => sum + lastSeed - firstSeed + 1, 0)
  const failures: Failure[] = []
  let totals = NOTHING
  let toldAt = startedAt
  const wallSeconds = (): number => (performance.now() - startedAt) / 1_000
  await runBatches(batchesOf(args), args.jobs, (result) => {
    totals = add(totals, result.totals)
    failures.push(...result.failures)
    if (args.json) return
    for (const failure of result.failures) console.error(describeFailure(failure, args).join('\n'))
    if (performance.now() - toldAt < PROGRESS_SECONDS * 1_000) return
    toldAt = performance.now()
    console.error(
      `${totals.seeds} of ${seedsInAll} seeds, ${violationsOf(totals)} violations, ${wallSeconds().toFixed(0)} s`,
    )
  })
  const { user, system } = process.cpuUsage(cpuBefore)
  const effort = { wallSeconds: wallSeconds(), cpuSeconds: (user + system) / 1e6 }
  console.log((args.json ? jsonReport : textReport)(args, totals, failures, effort))
  return violationsOf(totals) === 0 ? 0 : 1
}

function batchesOf({ rows, adversary, calm, memo, jobs }: SimulateArguments): readonly Batch[] {
  return rows.flatMap((row) => {
    const seeds = row.lastSeed - row.firstSeed + 1
    const size = Math.max(1, Math.min(BATCH_SEEDS_MAX, Math.floor(seeds / (4 * jobs))))
    return Array.from({ length: Math.ceil(seeds / size) }, (_, index) => {
      const firstSeed = row.firstSeed + index * size
      return { ...row, firstSeed, lastSeed: Math.min(row.lastSeed, firstSeed + size - 1), adversary, calm, memo }
    })
  })
}

async function traceOne({ rows, adversary, calm, memo }: SimulateArguments): Promise<number> {
  const [row] = rows
  if (row === undefined) return 2
  const { n, firstSeed: seed, epochs, signatures } = row
  const trace = createTrace((line) => console.log(line))
  const report = await simulateSeed({
    n,
    seed,
    epochs,
    adversary,
    calm,
    memo,
    signatures: SIGNATURES[signatures](),
    trace,
  })
  console.log(`n = ${report.n}, seed ${report.seed} (${report.forecast})`)
  for (const { violation, message } of report.problems) console.log(`${violation}: ${message}`)
  console.log(`${report.events} events, ${report.finalized} decisions, ${report.problems.length} violations`)
  return report.problems.length === 0 ? 0 : 1
}

process.exitCode = await main()
