import type { CddlEntry, CddlRules, CddlType } from './cddl-grammar.ts'
import { type Item, readCbor } from './strict-cbor.ts'

/** What RFC 8610 defines beforehand, as far as it is used here. */
const PRELUDE = new Map<string, (item: Item) => boolean>([
  ['bstr', (item) => item instanceof Uint8Array],
  ['tstr', (item) => typeof item === 'string'],
  ['bool', (item) => typeof item === 'boolean'],
  ['null', (item) => item === null],
])

/** The first way in which an item is not of the named type, or undefined when it is. */
export function checkCddl(rules: CddlRules, name: string, item: Item): string | undefined {
  return checkType(rules, { kind: 'name', name }, item, name)
}

function checkType(rules: CddlRules, type: CddlType, item: Item, path: string): string | undefined {
  const expected = (what: string): string => `${path}: expected ${what}, got ${describe(item)}`
  switch (type.kind) {
    case 'name': {
      const inPrelude = PRELUDE.get(type.name)
      if (inPrelude !== undefined) return inPrelude(item) ? undefined : expected(type.name)
      const rule = rules.get(type.name)
      if (rule === undefined || rule.kind === 'group')
        throw new SyntaxError(`${type.name}: expected a type of that name`)
      return checkType(rules, rule, item, path)
    }
    case 'integer':
    case 'text':
      return item === type.value ? undefined : expected(String(type.value))
    case 'range':
      return typeof item === 'bigint' && item >= type.from && item <= type.to
        ? undefined
        : expected(`${type.from}..${type.to}`)
    case 'choice': {
      const problems = type.options.map((option) => checkType(rules, option, item, path))
      return problems.includes(undefined) ? undefined : problems.join(' or ')
    }
    case 'control':
      return checkType(rules, type.target, item, path) ?? checkControl(rules, type, item, path)
    case 'array': {
      if (!Array.isArray(item)) return expected('an array')
      const matched = checkEntries(rules, type.entries, item as readonly Item[], 0, path)
      if (typeof matched === 'string') return matched
      return matched === item.length ? undefined : `${path}: expected ${matched} elements, got ${item.length}`
    }
  }
}

function checkControl(
  rules: CddlRules,
  { operator, argument }: Extract<CddlType, { kind: 'control' }>,
  item: Item,
  path: string,
): string | undefined {
  const expected = (what: string): string => `${path}: expected ${what}, got ${describe(item)}`
  if (operator === '.regexp' && argument.kind === 'text' && typeof item === 'string') {
    return new RegExp(`^(?:${argument.value})$`).test(item) ? undefined : expected(argument.value)
  }
  if (operator === '.size' && item instanceof Uint8Array) {
    const length = BigInt(item.length)
    if (argument.kind === 'integer') return length === argument.value ? undefined : expected(`${argument.value} bytes`)
    return checkType(rules, argument, length, `${path} length`)
  }
  if (operator === '.cbor' && item instanceof Uint8Array) {
    try {
      return checkType(rules, argument, readCbor(item), path)
    } catch (error) {
      if (error instanceof RangeError) return expected(`CBOR (${error.message})`)
      throw error
    }
  }
  throw new SyntaxError(`${path}: expected ${operator} where it has a meaning`)
}

/** How many items have been matched after these entries, or what does not fit. */
function checkEntries(
  rules: CddlRules,
  entries: readonly CddlEntry[],
  items: readonly Item[],
  from: number,
  path: string,
): number | string {
  let at = from
  for (const { key, type, min, max } of entries) {
    const group = type.kind === 'name' ? rules.get(type.name) : undefined
    if (group?.kind === 'group') {
      const matched = checkEntries(rules, group.entries, items, at, path)
      if (typeof matched === 'string') return matched
      at = matched
      continue
    }
    // An entry that repeats is the last of its array in these formats, so it takes all that is left.
    const end = min === 1 && max === 1 ? at + 1 : items.length
    if (end - at < min || end - at > max) return `${path}: expected ${min} to ${max} elements, got ${end - at}`
    for (; at < end; at++) {
      const item = items[at]
      const where = `${path}.${key ?? at}`
      if (item === undefined) return `${where}: expected an element, got none`
      const problem = checkType(rules, type, item, where)
      if (problem !== undefined) return problem
    }
  }
  return at
}

function describe(item: Item): string {
  if (item instanceof Uint8Array) return `${item.length} bytes`
  return Array.isArray(item) ? `an array of ${item.length}` : String(item)
}
