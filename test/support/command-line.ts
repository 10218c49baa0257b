import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** An option of a command of this project's own: a benchmark, a campaign. */
export type CommandOption =
  | { readonly kind: 'flag'; readonly help: string }
  | {
      readonly kind: 'number'
      readonly default: number
      readonly min?: number
      readonly max?: number
      /** Not this one, and none below. */
      readonly above?: number
      readonly isWhole?: boolean
      readonly help: string
    }
  /** Without a default it may be left out. */
  | { readonly kind: 'word'; readonly default?: string; readonly of: readonly string[]; readonly help: string }
  /** May be given several times; none by default. */
  | { readonly kind: 'words'; readonly of: readonly string[]; readonly help: string }
  /** The same with any text, which the help calls by this name. */
  | { readonly kind: 'texts'; readonly called: string; readonly help: string }

type CommandOptions = Readonly<Record<string, CommandOption>>

export interface Command<O extends CommandOptions> {
  /** As it is called. */
  readonly command: string
  readonly about: string
  readonly options: O
  readonly examples: readonly string[]
}

type ValueOf<S> = S extends { readonly kind: 'flag' }
  ? boolean
  : S extends { readonly kind: 'number' }
    ? number
    : S extends { readonly kind: 'texts' }
      ? readonly string[]
      : S extends { readonly kind: 'words'; readonly of: readonly (infer W)[] }
        ? readonly W[]
        : S extends { readonly kind: 'word'; readonly default: string; readonly of: readonly (infer W)[] }
          ? W
          : S extends { readonly kind: 'word'; readonly of: readonly (infer W)[] }
            ? W | undefined
            : never

export type CommandValues<O extends CommandOptions> = { readonly [K in keyof O]: ValueOf<O[K]> }

export type ReadCommand<O extends CommandOptions> =
  | { readonly type: 'values'; readonly values: CommandValues<O> }
  | { readonly type: 'help'; readonly text: string }
  /** One sentence: which option, what was expected, what came. */
  | { readonly type: 'wrong'; readonly sentence: string }

/** What the process was asked for. Ends it after `--help`, and with 2 after one sentence where something is wrong. */
export function commandLine<const O extends CommandOptions>(command: Command<O>): CommandValues<O> {
  const read = readCommand(command, process.argv.slice(2))
  if (read.type === 'values') return read.values
  if (read.type === 'help') process.stdout.write(read.text)
  else process.stderr.write(`${read.sentence}; see --help\n`)
  process.exit(read.type === 'help' ? 0 : 2)
}

export function readCommand<const O extends CommandOptions>(
  command: Command<O>,
  args: readonly string[],
): ReadCommand<O> {
  const config: ParseArgsOptionsConfig = { help: { type: 'boolean' } }
  for (const [name, option] of Object.entries(command.options)) {
    const multiple = option.kind === 'words' || option.kind === 'texts'
    config[name] = option.kind === 'flag' ? { type: 'boolean' } : { type: 'string', multiple }
  }
  let given: Readonly<Record<string, Given>>
  try {
    given = parseArgs({ args: [...args], options: config }).values as Readonly<Record<string, Given>>
  } catch (error) {
    return { type: 'wrong', sentence: error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error) }
  }
  if (given['help'] === true) return { type: 'help', text: helpOf(command) }
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(command.options)) {
    const wrong = wrongIn(option, given[name])
    if (wrong !== undefined) return { type: 'wrong', sentence: `--${name}: ${wrong}` }
    values[name] = valueIn(option, given[name])
  }
  return { type: 'values', values: values as CommandValues<O> }
}

/** As words on a command line are read: an option with `multiple` is a list. */
type Given = string | boolean | readonly string[] | undefined

function valueIn(option: CommandOption, given: Given): unknown {
  if (option.kind === 'flag') return given === true
  if (option.kind === 'words' || option.kind === 'texts') return given ?? []
  if (given === undefined) return option.default
  return option.kind === 'number' ? Number(given) : given
}

/** What is wrong with it, in words. */
function wrongIn(option: CommandOption, given: Given): string | undefined {
  if (typeof given === 'boolean' || given === undefined) return undefined
  if (option.kind === 'flag' || option.kind === 'texts') return undefined
  const words = typeof given === 'string' ? [given] : given
  if (option.kind !== 'number') {
    const strange = words.find((word) => !option.of.includes(word))
    return strange === undefined ? undefined : `expected one of ${option.of.join(', ')}, got "${strange}"`
  }
  const [text = ''] = words
  return isWithin(option, text === '' ? Number.NaN : Number(text))
    ? undefined
    : `expected ${rangeOf(option)}, got "${text}"`
}

type NumberOption = Extract<CommandOption, { readonly kind: 'number' }>

function isWithin({ min, max, above, isWhole }: NumberOption, value: number): boolean {
  const isLow = value < (min ?? Number.NEGATIVE_INFINITY) || value <= (above ?? Number.NEGATIVE_INFINITY)
  return Number.isFinite(value) && !isLow && value <= (max ?? value) && (isWhole !== true || Number.isInteger(value))
}

function rangeOf({ min, max, above, isWhole }: NumberOption): string {
  const limits = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(min === undefined ? [] : [`from ${min}`]),
    ...(max === undefined ? [] : [`up to ${max}`]),
  ]
  return ['a', isWhole === true ? 'whole' : '', 'number', ...limits].filter((word) => word !== '').join(' ')
}

function helpOf({ command, about, options, examples }: Command<CommandOptions>): string {
  const rows = Object.entries(options).map(([name, option]) => [callOf(name, option), wordsOf(option)] as const)
  const width = Math.max(...[...rows, ['--help', ''] as const].map(([call]) => call.length))
  const lines = [...rows, ['--help', 'this'] as const].map(([call, words]) => `  ${call.padEnd(width)}  ${words}`)
  const shown = examples.map((example) => `  ${command}${example === '' ? '' : ` -- ${example}`}`)
  return `${command} [-- options]\n\n${about}\n\n${lines.join('\n')}\n\nexamples:\n${shown.join('\n')}\n`
}

function callOf(name: string, option: CommandOption): string {
  if (option.kind === 'flag') return `--${name}`
  if (option.kind === 'texts') return `--${name} ${option.called}…`
  return option.kind === 'number' ? `--${name} N` : `--${name} WORD${option.kind === 'words' ? '…' : ''}`
}

function wordsOf(option: CommandOption): string {
  if (option.kind === 'flag' || option.kind === 'texts') return option.help
  if (option.kind === 'number') return `${option.help} (${option.default})`
  const choices = `: ${option.of.join(', ')}`
  return `${option.help}${choices}${option.kind === 'word' && option.default !== undefined ? ` (${option.default})` : ''}`
}
