import { parseArgs } from 'node:util'
import { formatDistance } from '../../src/fusion/format-offset.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

/** `npm run -s hardware-scenarios [-- --only NAME] [--short] [--json]`: exit 1 when anything was not as it should be. */

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

function main(): number {
  const wanted = scenarios.filter(({ name }) => values.only?.includes(name) ?? true)
  const known = scenarios.map(({ name }) => name)
  const strange = values.only?.find((name) => !known.includes(name))
  if (strange !== undefined) {
    console.error(`--only: expected one of ${known.join(', ')}, got ${strange}`)
    return 2
  }
  let problems = 0
  const told: { readonly scenario: string; readonly outcomes: readonly Outcome[] }[] = []
  for (const scenario of wanted) {
    const outcomes = scenario.run(values.short ? 'short' : 'full')
    problems += outcomes.reduce((sum, outcome) => sum + outcome.problems.length, outcomes.length === 0 ? 1 : 0)
    told.push({ scenario: scenario.name, outcomes })
    if (!values.json) print(scenario, outcomes)
  }
  if (values.json) {
    const text = JSON.stringify(told, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2)
    console.log(text)
  }
  return problems === 0 ? 0 : 1
}

function print({ name, title }: Scenario, outcomes: readonly Outcome[]): void {
  console.log(`\n${name}: ${title}`)
  for (const { run, figures, facts, problems } of outcomes) {
    const { readings, missed, errorNsMax, boundNsMax, flags } = figures
    const inside = readings === 0 ? 'no reading' : `${(((readings - missed) / readings) * 100).toFixed(2)} % inside`
    const most = `error ≤ ${formatDistance(errorNsMax)}, bound ≤ ${formatDistance(boundNsMax)}`
    const more = Object.entries(facts).map(([key, value]) => `${key}: ${value}`)
    console.log(`  ${problems.length === 0 ? '✔' : '✖'} ${run}: ${readings} readings, ${inside}, ${most}`)
    console.log(`      ${[...more, `flags: ${flags.length === 0 ? 'none' : flags.join(' ')}`].join('; ')}`)
    for (const problem of problems) console.log(`      ${problem}`)
  }
}

process.exitCode = main()
