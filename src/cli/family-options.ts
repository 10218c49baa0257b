import { fail, ok, type Result } from '../core/fault.ts'

/** What verbs that take a family on the command line have in common. */

/** Fault `cli.kind`; `option` names where the kind stood. */
export function findFamily<Family extends { readonly kind: string }>(
  families: readonly Family[],
  option: string,
  kind: string,
): Result<Family> {
  const family = families.find((known) => known.kind === kind)
  if (family !== undefined) return ok(family)
  return fail('cli.kind', `${option}: expected one of ${families.map((each) => each.kind).join(', ')}, got "${kind}"`)
}

/** An `options` table as JSON. Fault `cli.options`. */
export function parseTable(option: string, text: string): Result<object> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ok(value)
  } catch {
    // The sentence is the same: it shows the text.
  }
  return fail('cli.options', `${option}: expected a JSON object, got ${text}`)
}
