import type { z } from 'zod'

/**
 * What zod found wrong, as sentences for an operator: `sources[2].baudRate: expected one of 4800…921600, got 9601`.
 * `input` is the value that was parsed; it says what came.
 */
export function explainIssues(error: z.ZodError, input: unknown, root = ''): readonly string[] {
  return error.issues.flatMap((issue) => explainIssue(issue, input, root))
}

function explainIssue(issue: z.core.$ZodIssue, input: unknown, root: string): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        `${pathText(root, [...issue.path, key])}: expected no such key, got ${got(valueAt(input, [...issue.path, key]))}`,
    )
  }
  const where = pathText(root, issue.path)
  const came = valueAt(input, issue.path)
  if (came === undefined) return [`${where}: expected ${expectation(issue)}, got nothing`]
  return [`${where}: expected ${expectation(issue)}, got ${got(came)}`]
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `a value of type ${issue.expected}`
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `${sizeOf(issue.origin)} of at least ${issue.minimum}`
    case 'too_big':
      return `${sizeOf(issue.origin)} of at most ${issue.maximum}`
    default:
      return issue.message
  }
}

function sizeOf(origin: string): string {
  if (origin === 'string') return 'text with a length'
  return origin === 'array' ? 'a list with a length' : 'a number'
}

function pathText(root: string, path: readonly PropertyKey[]): string {
  let text = root
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? String(step) : `.${String(step)}`
  }
  return text === '' ? 'configuration' : text
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    input,
  )
}

function got(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'a table'
  return String(value)
}
