import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { type Fault, fail, ok, type Result } from '../src/core/fault.ts'
import { withAdvice } from './advice.ts'
import type { TaskRun } from './run-tasks.ts'
import { openStepLog } from './step-log.ts'

/** What the scripts of provisioning have in common: words, `--help`, and how they say what went wrong. */

export interface Words {
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
}

export interface Verb {
  /** Names of what it is given, in their order, as in `FOLDER`. */
  readonly given: readonly string[]
  readonly options: ParseArgsOptionsConfig
  run(words: Words): Promise<Result<void>>
}

const COMMON = { help: { type: 'boolean' }, 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } } as const

/** Runs one of several verbs, or, where `verbs` has the one name '', the script itself. */
export async function runScript(
  script: string,
  help: string,
  verbs: Readonly<Record<string, Verb>>,
  words: readonly string[],
): Promise<void> {
  const single = verbs['']
  const [first, ...rest] = words
  if (first === undefined || words.includes('--help')) {
    process.stdout.write(help)
    if (first === undefined) process.exitCode = 1
    return
  }
  const verb = single ?? verbs[first]
  const ran = verb === undefined ? unknownVerb(first, verbs) : await runVerb(verb, single === undefined ? rest : words)
  if (!ran.ok) refuse(script, ran.fault)
}

function unknownVerb(word: string, verbs: Readonly<Record<string, Verb>>): Result<never> {
  return fail('usage', `expected one of ${Object.keys(verbs).join(', ')}, got "${word}"; --help explains`)
}

async function runVerb({ given, options, run }: Verb, words: readonly string[]): Promise<Result<void>> {
  const parsed = parseWords(given, options, words)
  return parsed.ok ? run(parsed.value) : parsed
}

function parseWords(
  given: readonly string[],
  options: ParseArgsOptionsConfig,
  words: readonly string[],
): Result<Words> {
  try {
    const parsed = parseArgs({ args: [...words], options: { ...COMMON, ...options }, allowPositionals: true })
    const { positionals, values } = parsed
    if (positionals.length === given.length) return ok({ positionals, values })
    const expected = given.length === 0 ? 'options only' : given.join(' ')
    return fail(
      'usage',
      `expected ${expected}, got ${positionals.length === 0 ? 'nothing' : positionals.join(' ')}; --help explains`,
    )
  } catch (error) {
    return fail('usage', `${(error as Error).message}; --help explains`)
  }
}

function refuse(script: string, fault: Fault): void {
  const { message } = withAdvice(fault)
  for (const line of message.split('\n')) process.stderr.write(`${script}: ${line}\n`)
  process.exitCode = 1
}

/** The value of an option that is given once. */
export function textOf({ values }: Words, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

export function textsOf({ values }: Words, name: string): readonly string[] {
  const value = values[name]
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}

export function saidYes({ values }: Words, name: string): boolean {
  return values[name] === true
}

/** Fault: `usage`. */
export function requiredText(words: Words, name: string): Result<string> {
  const value = textOf(words, name)
  return value === undefined ? fail('usage', `expected --${name}; --help explains`) : ok(value)
}

/** How the steps of a verb are run: said on standard output, or on standard error where that is for JSON. */
export function taskRunOf(words: Words, command: string, logPath: string): TaskRun {
  const dryRun = saidYes(words, 'dry-run')
  const to = saidYes(words, 'json') ? process.stderr : process.stdout
  return {
    dryRun,
    say: (line) => to.write(`${line}\n`),
    log: dryRun ? undefined : openStepLog(textOf(words, 'log') ?? logPath, command),
  }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
