import { spawn } from 'node:child_process'
import { isAbsolute, join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { CODE_FOLDERS, codeFiles } from './project-files.ts'

export interface CheckStep {
  readonly name: string
  readonly command: string
  readonly arguments: readonly string[]
  /** What it counts, for people. */
  readonly unit: string
  /** How many it says to have checked, read from its output; 0 where it says nothing. */
  readonly count: (output: string, root: string) => number
  /** Fewer than this many checked is a failure, whatever the tool thinks of the rest. */
  readonly countMin: (root: string) => number
  /** Its output without what only the count needs. */
  readonly shown?: (output: string) => string
}

export interface CheckResult {
  readonly passed: boolean
  readonly checked: number
  /** What went wrong, for people; empty when it passed. */
  readonly complaint: string
}

/** Every tool must have seen at least every TypeScript file that stands on the disk. */
const everyFile = (root: string): number => codeFiles(root).length

function numberIn(output: string, pattern: RegExp): number {
  return Number(pattern.exec(output)?.[1] ?? 0)
}

function isListedFile(line: string, root: string): boolean {
  return isAbsolute(line) && !relative(root, line).startsWith('..') && !line.includes('/node_modules/')
}

export const CHECK_STEPS: readonly CheckStep[] = [
  {
    name: 'types',
    command: 'tsc',
    arguments: ['-p', '.', '--pretty', 'false', '--listFiles'],
    unit: 'files',
    count: (output, root) => output.split('\n').filter((line) => isListedFile(line, root)).length,
    countMin: everyFile,
    shown: (output) =>
      output
        .split('\n')
        .filter((line) => !isAbsolute(line))
        .join('\n'),
  },
  {
    name: 'format and lint',
    command: 'biome',
    arguments: ['ci', '--colors=off', '--error-on-warnings', '--max-diagnostics=200', '.'],
    unit: 'files',
    count: (output) => numberIn(output, /Checked (\d+) files?/),
    countMin: everyFile,
  },
  {
    name: 'lint with types',
    command: 'oxlint',
    arguments: ['--type-aware', '--deny-warnings'],
    unit: 'files',
    count: (output) => numberIn(output, /on (\d+) files? with [1-9]/),
    countMin: everyFile,
  },
  {
    name: 'nothing unused',
    command: 'knip',
    arguments: ['--no-progress', '--reporter', 'symbols', '--reporter', join(import.meta.dirname, 'knip-count.mjs')],
    unit: 'files',
    count: (output) => numberIn(output, /knip looked at (\d+) files/),
    countMin: everyFile,
  },
  {
    name: 'architecture',
    command: 'node',
    arguments: [join(import.meta.dirname, 'test.ts'), '--only', 'test/architecture.test.ts'],
    unit: 'imports',
    count: (output) => numberIn(output, /(\d+) imports read/),
    countMin: () => 1,
  },
]

export async function runCheck(step: CheckStep, root: string): Promise<CheckResult> {
  const { exitCode, output } = await runTool(step, root)
  const checked = step.count(output, root)
  const countMin = step.countMin(root)
  const complaints: string[] = []
  if (exitCode !== 0) complaints.push((step.shown ?? String)(output).trim(), `${step.command} ended with ${exitCode}`)
  if (everyFile(root) === 0) complaints.push(`expected code to check, got none below ${CODE_FOLDERS.join(', ')}`)
  if (checked < countMin) complaints.push(`expected ${countMin} ${step.unit} to be checked, got ${checked}`)
  return { passed: complaints.length === 0, checked, complaint: complaints.join('\n') }
}

async function runTool(step: CheckStep, root: string): Promise<{ exitCode: number | null; output: string }> {
  // A test run that starts another must not pass on that it is one: the inner one would report to it and run nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const bin = join(root, 'node_modules', '.bin')
  const child = spawn(join(bin, step.command), step.arguments, {
    cwd: root,
    env: { ...env, NO_COLOR: '1', PATH: `${bin}:${env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [exitCode, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { exitCode, output: `${output}\n${errors}` }
}
