import { families } from '../../drivers/index.ts'
import { commandLine } from '../support/command-line.ts'
import { faultsOf } from './faults.ts'
import { packetFaultsOf } from './packet-faults.ts'
import { runPacketTrial } from './packet-trial.ts'
import { packetUses } from './packet-uses.ts'
import { runTrial, type Trial } from './trial.ts'

const KINDS = [...families.map(({ kind }) => kind), ...packetUses().map(({ family: { kind } }) => kind)]
const FAULTS = [
  ...new Set([
    ...families.flatMap((family) => faultsOf(family).map(({ name }) => name)),
    ...packetUses().flatMap(({ family }) => packetFaultsOf(family).map(({ name }) => name)),
  ]),
]

const values = commandLine({
  command: 'npm run -s conformance',
  about: 'The matrix of instrument families and faults. Exits with 1 when a driver does not stand one.',
  options: {
    family: { kind: 'words', of: KINDS, help: 'families; all by themselves' },
    fault: { kind: 'words', of: FAULTS, help: 'faults; all by themselves' },
    json: { kind: 'flag', help: 'one JSON object a line on standard output' },
  },
  examples: ['', '--family ublox --family nmea-receiver', '--fault silence --json'],
})
const isWanted = (asked: readonly string[], name: string): boolean => asked.length === 0 || asked.includes(name)

const trials: Trial[] = []
for (const family of families.filter(({ kind }) => isWanted(values.family, kind))) {
  for (const fault of faultsOf(family).filter(({ name }) => isWanted(values.fault, name))) {
    const trial = runTrial(family, fault)
    trials.push(trial)
    if (values.json) console.log(JSON.stringify({ type: 'trial', of: fault.of, ...trial }))
  }
}
for (const { family, use } of packetUses().filter(({ family: { kind } }) => isWanted(values.family, kind))) {
  for (const fault of packetFaultsOf(family).filter(({ name }) => isWanted(values.fault, name))) {
    const trial = runPacketTrial(family, use, fault)
    trials.push(trial)
    if (values.json) console.log(JSON.stringify({ type: 'trial', of: fault.of, ...trial }))
  }
}

const MARKS = { passed: '✓', idle: '·', failed: '✗' } as const

/** The faults that several families know stand above, a column a family; those of one family alone follow it by name. */
function matrix(): readonly string[] {
  const kinds = [...new Set(trials.map(({ kind }) => kind))]
  const faults = [...new Set(trials.map(({ fault }) => fault))]
  const markOf = (kind: string, fault: string): string | undefined => {
    const trial = trials.find((each) => each.kind === kind && each.fault === fault)
    return trial === undefined ? undefined : MARKS[trial.verdict]
  }
  const group = (fault: string): number =>
    ['line-', 'network-', 'host-'].findIndex((prefix) => fault.startsWith(prefix))
  const shared = faults
    .filter((fault) => group(fault) >= 0 || kinds.filter((kind) => markOf(kind, fault) !== undefined).length > 1)
    .toSorted((one, other) => group(one) - group(other))
  const width = Math.max(...faults.map(({ length }) => length))
  const heads = kinds.map((kind, index) => `${' '.repeat(width + 1)}${'│ '.repeat(index)}┌ ${kind}`)
  const rows = shared.map(
    (fault) => `${fault.padEnd(width)} ${kinds.map((kind) => markOf(kind, fault) ?? ' ').join(' ')}`,
  )
  const own = kinds.flatMap((kind) => {
    const alone = faults.filter((fault) => !shared.includes(fault) && markOf(kind, fault) !== undefined)
    return alone.length === 0 ? [] : [`${kind}: ${alone.map((fault) => `${fault} ${markOf(kind, fault)}`).join(', ')}`]
  })
  return [...heads, ...rows, '', ...own]
}

const failed = trials.filter(({ verdict }) => verdict === 'failed')
const counts = {
  trials: trials.length,
  passed: trials.filter(({ verdict }) => verdict === 'passed').length,
  idle: trials.filter(({ verdict }) => verdict === 'idle').length,
  failed: failed.length,
}
if (values.json) console.log(JSON.stringify({ type: 'summary', ...counts }))
else {
  for (const line of matrix()) console.log(line)
  for (const { kind, fault, problems } of failed) console.log(`✗ ${kind} ${fault}: ${problems.join('; ')}`)
  const { passed, idle } = counts
  console.log(`\n${trials.length} trials: ${passed} ✓, ${idle} · (the fault does not concern it), ${failed.length} ✗`)
}
process.exitCode = failed.length === 0 && trials.length > 0 ? 0 : 1
