import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { CampaignReport } from './campaign.ts'
import { TARGETS } from './targets.ts'
import type { Assignment, WorkerWord } from './worker.ts'

const HELP = `npm run -s fuzz [-- --target NAME]… [--only TEXT]… [--inputs N] [--seed N] [--jobs N] [--json]

Gives almost valid bytes to every decoder, verifier, parser and driver. Exits with 1 if one of them throws, hangs, accepts two byte strings
for one thing or a forgery, or keeps memory.

  --target NAME  only this one (repeatable): ${TARGETS.map(({ name }) => name).join(', ')}
  --only TEXT    those whose name contains the text (repeatable): driver, nmea, tsip …
  --inputs N     inputs for each (default 1000000)
  --seed N       the same seed gives the same inputs (default 1)
  --jobs N       targets at once (default: the cores)
  --json         one JSON object on standard output

  npm run -s fuzz
  npm run -s fuzz -- --target 'certificate verifier' --inputs 20000 --seed 7`

/** Nothing heard of a target for so long: one of its inputs hangs. */
const SILENCE_MS_MAX = 60_000
/** What a heap may be larger by at the end, for the collector never frees everything. */
const HEAP_GROWTH_BYTES_MAX = 16 * 1024 * 1024

type Outcome = CampaignReport | { readonly target: string; readonly failure: string }

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      only: { type: 'string', multiple: true },
      inputs: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const only = values.only ?? []
  const chosen = TARGETS.filter(({ name }) => only.length === 0 || only.some((text) => name.includes(text)))
  const names = values.target ?? chosen.map(({ name }) => name)
  const stranger = names.find((name) => !TARGETS.some((target) => target.name === name))
  const [inputs, seed, jobs] = [Number(values.inputs), Number(values.seed), Number(values.jobs)]
  const wholeNumbers =
    names.length > 0 && [inputs, seed, jobs].every((value) => Number.isSafeInteger(value) && value >= 1)
  if (stranger !== undefined || !wholeNumbers) {
    const got = stranger === undefined ? `${values.inputs}, ${values.seed}, ${values.jobs}` : `"${stranger}"`
    console.error(`expected known targets, and whole numbers from 1 for inputs, seed and jobs, got ${got}; see --help`)
    return 2
  }
  const outcomes: Outcome[] = []
  const waiting = [...names]
  const work = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const outcome = await runTarget({ target, inputs, seed })
      outcomes.push(outcome)
      console.error(`${outcome.failure === undefined ? '✔' : '✖'} ${describe(outcome)}`)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  const failed = outcomes.filter(({ failure }) => failure !== undefined)
  if (values.json) console.log(JSON.stringify({ inputs, seed, failed: failed.length, targets: outcomes }))
  else console.log(`${outcomes.length - failed.length} of ${outcomes.length} targets stood ${inputs} inputs each`)
  return failed.length === 0 ? 0 : 1
}

/** In a process of its own, which can be ended when it hangs. */
function runTarget(assignment: Assignment): Promise<Outcome> {
  const { target, inputs, seed } = assignment
  return new Promise((resolve) => {
    const child = fork(new URL('worker.ts', import.meta.url), [JSON.stringify(assignment)])
    let heard = 0
    let report: CampaignReport | undefined
    let hung = false
    const timer = setTimeout(() => {
      hung = true
      child.kill('SIGKILL')
    }, SILENCE_MS_MAX)
    child.on('message', (word: WorkerWord) => {
      timer.refresh()
      if ('report' in word) report = word.report
      else heard = word.inputs
      if (heard % 100_000 === 0 && report === undefined) console.error(`  ${target}: ${heard} of ${inputs}`)
    })
    child.on('exit', (code) => {
      clearTimeout(timer)
      const what = hung ? 'hangs' : `ended with ${code}`
      resolve(report ? judged(report) : { target, failure: `${what} after ${heard} inputs of seed ${seed}` })
    })
  })
}

function judged(report: CampaignReport): CampaignReport {
  if (report.failure !== undefined || report.heapGrowthBytes <= HEAP_GROWTH_BYTES_MAX) return report
  return { ...report, failure: `the heap grew by ${report.heapGrowthBytes} bytes` }
}

function describe(outcome: Outcome): string {
  if (!('inputs' in outcome)) return `${outcome.target}: ${outcome.failure}`
  const { target, inputs, accepted, slowestMs, heapGrowthBytes, refused, failure } = outcome
  const faults = Object.entries(refused).map(([code, count]) => `${code} ${count}`)
  return [
    `${target}: ${inputs} inputs, ${accepted} accepted, slowest ${slowestMs.toFixed(1)} ms`,
    `heap ${(heapGrowthBytes / 1024 / 1024).toFixed(1)} MiB more`,
    faults.join(', '),
    ...(failure === undefined ? [] : [failure]),
  ].join('; ')
}

process.exitCode = await main()
