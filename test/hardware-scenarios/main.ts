import { formatDistance } from '../../src/fusion/format-offset.ts'
import { commandLine } from '../support/command-line.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const values = commandLine({
  command: 'npm run -s hardware-scenarios',
  about: `What happens to instruments in the field, from emulated instruments to the fused clock on virtual time. Exits with 1 when
anything was not as it should be.`,
  options: {
    only: { kind: 'words', of: scenarios.map(({ name }) => name), help: 'scenarios; all by themselves' },
    short: { kind: 'flag', help: 'as in the tests: hours for days' },
    json: { kind: 'flag', help: 'one JSON array on standard output' },
  },
  examples: ['--short', '--only temperature --json'],
})

function main(): number {
  const wanted = scenarios.filter(({ name }) => values.only.length === 0 || values.only.includes(name))
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
