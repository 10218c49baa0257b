import { parseConfiguration } from '../../src/config/parse.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import type { Configuration } from '../../src/config/schema.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { Task } from '../run-tasks.ts'
import { keepStep, updateStep } from '../step.ts'

/**
 * Lines of `[node]` and `[attestation]` that rotation sets and takes away; what else a configuration holds, comments too, stays as
 * it is.
 */

export type NextLine = 'nextSigningKey' | 'nextTlsKey' | 'nextEnrolment'

export type NextLines = Readonly<Partial<Record<NextLine, string | undefined>>>

/** The line that each stands after: its present counterpart. */
const BESIDE: Readonly<Record<NextLine, string>> = {
  nextSigningKey: 'signingKey',
  nextTlsKey: 'tlsKey',
  nextEnrolment: 'enrolment',
}

export interface ConfigurationFile {
  readonly path: string
  readonly text: string
  readonly configuration: Configuration
}

/** Faults: `file.unreadable`, `config.*`. */
export function readConfigurationFile(path: string): Result<ConfigurationFile> {
  const bytes = readNamedFile(path, { what: 'a configuration', bytesMax: 1_048_576 })
  if (!bytes.ok) return bytes
  const text = new TextDecoder().decode(bytes.value)
  const parsed = parseConfiguration(text, path)
  return parsed.ok ? ok({ path, text, configuration: parsed.value }) : parsed
}

/**
 * The configuration with these lines, `undefined` for none; `value` is relative to its folder. Fault: `rotate.lines`, where they do
 * not stand on lines of their own.
 */
export function drawLines({ path, text, configuration }: ConfigurationFile, lines: NextLines): Result<Task> {
  let changed = text
  for (const key of ['nextSigningKey', 'nextTlsKey', 'nextEnrolment'] as const) {
    if (!(key in lines)) continue
    const value = lines[key]
    changed = changed.replace(new RegExp(`^[ \\t]*${key}[ \\t]*=.*\\n`, 'm'), '')
    if (value === undefined) continue
    const beside = new RegExp(`^([ \\t]*)${BESIDE[key]}[ \\t]*=.*\\n`, 'm')
    changed = changed.replace(beside, (line, indent: string) => `${line}${indent}${key} = "${value}"\n`)
  }
  const what = 'what the configuration names of the next keys'
  if (changed === text) return checkLines(path, configuration, lines, keepStep(path, what))
  const parsed = parseConfiguration(changed, path)
  if (!parsed.ok) return parsed
  return checkLines(path, parsed.value, lines, updateStep(path, utf8(changed), 0o640, what))
}

function checkLines(path: string, configuration: Configuration, lines: NextLines, task: Task): Result<Task> {
  const wrong = Object.entries(lines).find(
    ([key, value]) => (namedIn(configuration, key as NextLine) === undefined) !== (value === undefined),
  )
  if (wrong === undefined) return ok(task)
  const [key, value] = wrong
  const expected = value === undefined ? `no ${key}` : `${key} = "${value}" after ${BESIDE[key as NextLine]}`
  return fail('rotate.lines', `${path}: expected ${expected}, got a file that is written otherwise`)
}

function namedIn({ node, attestation }: Configuration, key: NextLine): string | undefined {
  return key === 'nextEnrolment' ? attestation?.nextEnrolment : node[key]
}
