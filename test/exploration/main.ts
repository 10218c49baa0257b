import { parseArgs } from 'node:util'
import { findsItsWay } from './after-the-storm.ts'
import { type Bounds, nameOfBounds } from './bounds.ts'
import { type Exploration, explore, type Search } from './explore.ts'

const HELP = `npm run -s explore [-- --views N] [--liar V] [--votes certificates|single] [--states-max N] [--revive N] [--progress] [--json]

Puts the product's replica through everything that can happen to a cluster of four with one liar within a few views:
every order of deliveries, timers at any moment, deaths and restarts at any moment, a liar that may say anything to
anybody. Exits with 1 and prints what happened, in order, as soon as something is wrong.

  --views N         views to explore (default 2)
  --liar V          the liar leads view V; above N it leads none of them (default: each in turn)
  --votes HOW       votes as certificates, or each by itself too (default certificates)
  --states-max N    give up beyond this many states (default 50,000,000)
  --revive N        from about N of the states, evenly spread: with the network whole again and the liar silent, the
                    members must decide (default 100)
  --progress        say now and then how far it is
  --json            one JSON object on standard output`

/** How the cluster goes on from some of the visited states. */
interface Revival {
  readonly tried: number
  readonly stuck: readonly (readonly number[])[]
  /** The most views that any of them took. */
  readonly viewsMax: number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      views: { type: 'string', default: '2' },
      liar: { type: 'string' },
      votes: { type: 'string', default: 'certificates' },
      'states-max': { type: 'string', default: '50000000' },
      revive: { type: 'string', default: '100' },
      progress: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const [views, statesMax, revive] = [Number(values.views), Number(values['states-max']), Number(values.revive)]
  const { votes } = values
  if (
    !(views >= 1 && views <= 4) ||
    !(statesMax > 0) ||
    !(revive >= 0) ||
    (votes !== 'certificates' && votes !== 'single')
  ) {
    console.error(`expected 1 to 4 views, votes certificates or single, and numbers\n\n${HELP}`)
    return 2
  }
  const leads =
    values.liar === undefined ? Array.from({ length: views + 1 }, (_, index) => index + 1) : [Number(values.liar)]
  const results: (Exploration & { readonly cpuSeconds: number; readonly revival: Revival })[] = []
  for (const liarLeads of leads) {
    const started = process.cpuUsage()
    const { result, search } = explore({ views, liarLeads, votes, statesMax }, (done, known) => {
      if (values.progress) process.stderr.write(`  ${done} of ${known} states\n`)
    })
    const revival = await reviveSome(search, result.violation === undefined ? revive : 0)
    const { user, system } = process.cpuUsage(started)
    const whole = { ...result, revival, cpuSeconds: Math.round((user + system) / 1e5) / 10 }
    results.push(whole)
    if (!values.json) print(whole, result.bounds)
  }
  const bad = results.filter(
    ({ violation, revival, complete }) => violation !== undefined || revival.stuck.length > 0 || !complete,
  )
  if (values.json) {
    const violations = results.filter(({ violation }) => violation !== undefined).length
    const stuck = results.reduce((sum, { revival }) => sum + revival.stuck.length, 0)
    const total = (key: 'states' | 'transitions' | 'executed'): number =>
      results.reduce((sum, each) => sum + each[key], 0)
    const [states, transitions, executed] = [total('states'), total('transitions'), total('executed')]
    console.log(
      JSON.stringify(
        { states, transitions, executed, violations, stuck, complete: bad.length === 0, results },
        null,
        2,
      ),
    )
  }
  return bad.length === 0 ? 0 : 1
}

async function reviveSome(search: Search, count: number): Promise<Revival> {
  const { visited } = search
  const stride = Math.max(1, Math.floor(visited.size / Math.max(1, count)))
  const stuck: (readonly number[])[] = []
  let [tried, viewsMax] = [0, 0]
  for (let index = 0; index < visited.size && tried < count; index += stride) {
    const views = await findsItsWay(search, visited.keyAt(index))
    tried += 1
    if (views === undefined) stuck.push(search.unpack(visited.keyAt(index)))
    else viewsMax = Math.max(viewsMax, views)
  }
  return { tried, stuck, viewsMax }
}

function print(result: Exploration & { readonly cpuSeconds: number; readonly revival: Revival }, bounds: Bounds): void {
  const { states, transitions, localStates, executed, decided, complete, violation, revival, cpuSeconds } = result
  console.log(`${nameOfBounds(bounds)}:`)
  console.log(`  ${states} states, ${transitions} transitions, in ${decided} of the states a decision has been made`)
  console.log(
    `  ${localStates} states of one member; a real replica did something ${executed} times; ${cpuSeconds} s of CPU`,
  )
  console.log(
    `  revived from ${revival.tried} states: ${revival.stuck.length} stuck, others decide within ${revival.viewsMax} views`,
  )
  if (violation !== undefined) {
    console.log(`  VIOLATION: ${violation.problem}`)
    for (const line of violation.trace) console.log(`    ${line}`)
  } else console.log(complete ? '  nothing wrong in any of them' : '  NOT COMPLETE: more states than allowed')
}

process.exitCode = await main()
