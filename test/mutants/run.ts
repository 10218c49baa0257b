import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { MUTANTS } from './all-mutants.ts'
import type { Mutant } from './mutant.ts'
import { createScratch, type Scratch } from './scratch.ts'
import { runTest, tryMutant, type Verdict } from './trial.ts'

const HELP = `npm run -s mutants [-- --only PATTERN] [--jobs N] [--json] [--list]

Plants mistakes in copies of the source, one at a time, and runs the tests that must notice. Exits with 1 if one of them
is not noticed, does not fit the source any more, or if the tests fail without any mistake.

  --only PATTERN  the mutants whose name matches this regular expression
  --jobs N        copies to work in at once (default: the cores)
  --list          print the mutants and run nothing
  --json          one JSON object on standard output

  npm run -s mutants
  npm run -s mutants -- --only 'quorum|restart'`

interface Result {
  readonly mutant: Mutant
  readonly verdict: Verdict
  readonly seconds: number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const pattern = new RegExp(values.only)
  const chosen = MUTANTS.filter(({ name }) => pattern.test(name))
  const jobs = Number(values.jobs)
  if (chosen.length === 0 || !Number.isInteger(jobs) || jobs < 1) {
    console.error(`expected a pattern that matches one of ${MUTANTS.length} mutants, and at least one job`)
    return 2
  }
  if (values.list) {
    for (const { name, harm } of chosen) console.log(`${name}: ${harm}`)
    return 0
  }
  const scratches = Array.from({ length: Math.min(jobs, chosen.length) }, createScratch)
  try {
    const failing = await findFailing(scratches, chosen)
    if (failing.length > 0) {
      console.error(`expected tests that pass without any mistake, got failures in ${failing.join(', ')}`)
      return 1
    }
    const results = await tryAll(scratches, chosen)
    return report(results, values.json)
  } finally {
    for (const scratch of scratches) scratch.remove()
  }
}

/** The tests must pass on the source as it stands, or their failing says nothing. */
async function findFailing(scratches: readonly Scratch[], mutants: readonly Mutant[]): Promise<readonly string[]> {
  const tests = [...new Set(mutants.flatMap(({ killers }) => killers))]
  const failing: string[] = []
  await share(scratches, tests, async ({ root }, file) => {
    const { code } = await runTest(root, file)
    if (code !== 0) failing.push(file)
  })
  console.error(`${tests.length - failing.length} of ${tests.length} test files pass without any mistake`)
  return failing
}

async function tryAll(scratches: readonly Scratch[], mutants: readonly Mutant[]): Promise<readonly Result[]> {
  const results: Result[] = []
  await share(scratches, mutants, async (scratch, mutant) => {
    const startedAt = performance.now()
    const verdict = await tryMutant(scratch, mutant)
    const seconds = (performance.now() - startedAt) / 1000
    results.push({ mutant, verdict, seconds })
    console.error(`[${results.length} of ${mutants.length}] ${describe(mutant, verdict)}, ${seconds.toFixed(1)} s`)
  })
  return results
}

/** Every scratch takes the next thing as soon as it is free. */
async function share<T>(
  scratches: readonly Scratch[],
  things: readonly T[],
  work: (scratch: Scratch, thing: T) => Promise<void>,
): Promise<void> {
  const waiting = [...things]
  await Promise.all(
    scratches.map(async (scratch) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(scratch, next)
    }),
  )
}

function describe({ name }: Mutant, verdict: Verdict): string {
  switch (verdict.fate) {
    case 'killed':
      return `✔ ${name}: ${verdict.hung ? 'hangs' : 'killed by'} ${verdict.by}`
    case 'survived':
      return `✖ ${name}: SURVIVED`
    case 'misfit':
      return `✖ ${name}: does not fit: ${verdict.problem}`
  }
}

function report(results: readonly Result[], json: boolean): number {
  const named = (fate: Verdict['fate']): readonly string[] =>
    results.filter(({ verdict }) => verdict.fate === fate).map(({ mutant }) => mutant.name)
  const killed = named('killed')
  const survivors = named('survived')
  const misfits = named('misfit')
  if (json) {
    console.log(JSON.stringify({ mutants: results.length, killed: killed.length, survivors, misfits }))
  } else {
    for (const name of survivors) console.log(`survived: ${name}`)
    for (const name of misfits) console.log(`does not fit the source: ${name}`)
    console.log(`${killed.length} of ${results.length} mutants killed`)
  }
  return killed.length === results.length ? 0 : 1
}

process.exitCode = await main()
