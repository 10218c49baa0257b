import { matchesGlob } from 'node:path'
import { commandLine } from '../support/command-line.ts'
import { findFiles, ROOT } from './project-files.ts'
import { runStage, type StageLimits, type Tally } from './run-stage.ts'

interface Stage extends Pick<StageLimits, 'testSecondsMax'> {
  readonly name: string
  readonly globs: readonly string[]
}

/** Limits end what hangs: they are several times what a stage takes on two cores, for a machine that has other work too. */
const STAGE_SECONDS_MAX = 3_600
const QUICK = { testSecondsMax: 120 }

/** In the order in which they run. A new stage is one line; every stage must find tests. */
const STAGES: readonly Stage[] = [
  { name: 'src', globs: ['src/**/*.test.ts'], ...QUICK },
  { name: 'drivers', globs: ['drivers/**/*.test.ts'], ...QUICK },
  { name: 'provisioning', globs: ['provisioning/**/*.test.ts'], ...QUICK },
  { name: 'vectors', globs: ['test/vectors/*.test.ts'], ...QUICK },
  { name: 'fuzz', globs: ['test/fuzz/*.test.ts'], testSecondsMax: 400 },
  { name: 'scenarios', globs: ['test/scenarios/*.test.ts'], testSecondsMax: 120 },
  {
    name: 'hardware-scenarios',
    globs: ['test/hardware-scenarios/*.test.ts'],
    testSecondsMax: 240,
  },
  { name: 'exploration', globs: ['test/exploration/*.test.ts'], testSecondsMax: 300 },
  { name: 'simulation', globs: ['test/simulation/**/*.test.ts'], testSecondsMax: 120 },
  {
    name: 'project',
    globs: [
      'test/!(driver-conformance).test.ts',
      'test/{tools,mutants,support,validation}/*.test.ts',
      'test/benchmark/*/*.test.ts',
    ],
    ...QUICK,
  },
  {
    name: 'conformance',
    globs: ['test/driver-conformance.test.ts', 'test/conformance/*.test.ts'],
    testSecondsMax: 240,
  },
  { name: 'hil', globs: ['test/hil/*.test.ts'], testSecondsMax: 600 },
  { name: 'end-to-end', globs: ['test/end-to-end/*.test.ts'], testSecondsMax: 400 },
]

function print(line: string): void {
  console.log(line)
}

const wanted = commandLine({
  command: 'npm test',
  about: 'Runs the tests, in stages, and says of each file how many passed. Exits with 1 when one fails or none ran.',
  options: {
    stage: { kind: 'words', of: STAGES.map(({ name }) => name), help: 'this stage alone' },
    only: { kind: 'texts', called: 'GLOB', help: 'the test files alone that match' },
  },
  examples: ['', '--stage hil', "--only 'src/ranging/*.test.ts'"],
})

/** Tests that nobody runs look like tests that pass. */
function strayTests(): readonly string[] {
  const staged = new Set(STAGES.flatMap((stage) => findFiles(ROOT, stage.globs)))
  return findFiles(ROOT, ['**/*.test.ts']).filter((file) => !staged.has(file))
}

async function main(): Promise<boolean> {
  const total = { passed: 0, failed: 0, skipped: 0 }
  const times: string[] = []
  const startedAt = performance.now()
  const add = (tally: Tally): void => {
    total.passed += tally.passed
    total.failed += tally.failed
    total.skipped += tally.skipped
  }
  for (const file of strayTests()) {
    print(`✖ ${file}: expected to belong to a stage of test/tools/test.ts`)
    add({ passed: 0, failed: 1, skipped: 0 })
  }
  for (const stage of STAGES.filter(({ name }) => wanted.stage.length === 0 || wanted.stage.includes(name))) {
    const files = findFiles(ROOT, stage.globs).filter(
      (file) => wanted.only.length === 0 || wanted.only.some((glob) => matchesGlob(file, glob)),
    )
    if (files.length === 0 && wanted.only.length > 0) continue
    print(`\n${stage.name}: ${files.length} files`)
    const stageStartedAt = performance.now()
    const limits = { ...stage, stageSecondsMax: STAGE_SECONDS_MAX }
    const tally = files.length === 0 ? { passed: 0, failed: 0, skipped: 0 } : await runStage(ROOT, files, limits, print)
    add(tally)
    if (tally.passed + tally.failed === 0) {
      print(`✖ ${stage.name}: expected to run tests below ${stage.globs.join(', ')}, got none`)
      add({ passed: 0, failed: 1, skipped: 0 })
    }
    times.push(`${stage.name.padEnd(12)} ${counts(tally)}, ${seconds(stageStartedAt)}`)
  }
  const { passed, failed, skipped } = total
  print(`\n${times.join('\n')}\n`)
  print(`tests ${passed + failed + skipped}\npass ${passed}\nfail ${failed}\nskipped ${skipped}`)
  print(`duration ${seconds(startedAt)}\n${counts(total)}`)
  return total.failed === 0 && total.passed > 0
}

function counts({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}

process.exitCode = (await main()) ? 0 : 1
