import { join, relative } from 'node:path'
import { run } from 'node:test'
import { inspect } from 'node:util'

/** Two cores are what the smallest appliance and the smallest CI machine have. */
const CONCURRENCY = 2

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface StageLimits {
  /** After this one test has failed. */
  readonly testSecondsMax: number
  /** After this the files of the stage that still run are killed and have failed. */
  readonly stageSecondsMax: number
}

/** What came from one test file; `finished` once it said how many tests it ran. */
interface FileReport {
  passed: number
  failed: number
  skipped: number
  finished: boolean
  seconds: number
  /** What it wrote by itself: shown only when something failed. */
  output: string
}

/**
 * Runs test files, each in a process of its own, and prints a line per file, every failure with its reason and every
 * skipped test with its own. The counts of `node --test` are not enough: a file that holds no test, and one whose
 * process ends before its tests do, both pass there as one test. Here each of them has failed, and so has a test that
 * is skipped without a reason or marked as unfinished.
 */
export async function runStage(
  root: string,
  files: readonly string[],
  limits: StageLimits,
  print: (line: string) => void,
): Promise<Tally> {
  const reports = new Map<string, FileReport>()
  for (const file of files) {
    reports.set(file, { passed: 0, failed: 0, skipped: 0, finished: false, seconds: 0, output: '' })
  }
  const nameOf = (data: { entryFile?: string; file?: string | undefined }): string =>
    relative(root, data.entryFile ?? data.file ?? '')
  const stream = run({
    cwd: root,
    files: files.map((file) => join(root, file)),
    concurrency: CONCURRENCY,
    timeout: limits.testSecondsMax * 1000,
    signal: AbortSignal.timeout(limits.stageSecondsMax * 1000),
  })
  stream.on('test:stdout', (data) => keepOutput(reports.get(nameOf(data)), data.message))
  stream.on('test:stderr', (data) => keepOutput(reports.get(nameOf(data)), data.message))
  stream.on('test:diagnostic', (data) => {
    if (data.file !== undefined) print(`  ${nameOf(data)}: ${data.message}`)
  })
  stream.on('test:fail', (data) => {
    const report = reports.get(nameOf(data))
    const isWholeFile = data.name === data.file
    if (report !== undefined && isWholeFile) report.failed += 1
    if (data.details.type === 'suite' && !isCauseWorthShowing(data.details.error)) return
    print(`✖ ${nameOf(data)}:${data.line ?? 0} ${isWholeFile ? 'the file as a whole' : data.name}`)
    print(indented(describeError(data.details.error)))
  })
  stream.on('test:pass', (data) => {
    const report = reports.get(nameOf(data))
    if (data.skip !== undefined) print(`- ${nameOf(data)}:${data.line ?? 0} skipped, ${data.name}: ${data.skip}`)
    // The runner counts both as passed or skipped; the file's summary follows and is corrected by this.
    if (report !== undefined && isUnexplained(data)) {
      report.failed += 1
      report.skipped -= data.skip === undefined ? 0 : 1
      print(
        `✖ ${nameOf(data)}:${data.line ?? 0} ${data.name}: expected a test that runs, or the reason why it does not`,
      )
    }
  })
  stream.on('test:summary', (data) => {
    const report = reports.get(nameOf(data))
    if (data.file === undefined || report === undefined) return
    const { tests, passed, skipped, todo } = data.counts
    report.finished = tests > 0
    report.seconds = data.duration_ms / 1000
    report.passed += passed
    report.skipped += skipped
    report.failed += tests - passed - skipped - todo
  })
  for await (const _ of stream) {
    // Reading the stream is what makes it go on; the listeners above do the work.
  }
  return settle(reports, print)
}

function settle(reports: ReadonlyMap<string, FileReport>, print: (line: string) => void): Tally {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const [file, report] of reports) {
    if (!report.finished && report.failed === 0) {
      report.failed = 1
      print(`✖ ${file}: expected tests, got none: the file holds none, or its process ended before they did`)
    }
    if (report.failed > 0 && report.output !== '') print(`  ${file} wrote:\n${indented(report.output)}`)
    total.passed += report.passed
    total.failed += report.failed
    total.skipped += report.skipped
    const counts = `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`
    print(`  ${report.failed === 0 ? '✔' : '✖'} ${file}: ${counts}, ${report.seconds.toFixed(1)} s`)
  }
  return total
}

/** The last 64 KiB are enough to see why a file failed. */
function keepOutput(report: FileReport | undefined, text: string): void {
  if (report !== undefined) report.output = (report.output + text).slice(-65_536)
}

function isUnexplained({ skip, todo }: { skip?: string | boolean; todo?: string | boolean }): boolean {
  return todo !== undefined || skip === true || skip === ''
}

/** That a suite failed because its tests did is no news. */
function isCauseWorthShowing(error: Error): boolean {
  return !('failureType' in error) || error.failureType !== 'subtestsFailed'
}

/** An assertion's stack says it all; of any other error the fields beside it and its causes may say more. */
function describeError(error: Error): string {
  const { cause } = error
  const isAssertion = cause instanceof Error && 'code' in cause && cause.code === 'ERR_ASSERTION'
  const text = isAssertion ? (cause.stack ?? cause.message) : inspect(cause ?? error, { depth: 6 })
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*\(?node:internal\//.test(line))
    .join('\n')
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ')
}
