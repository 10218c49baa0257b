import { checkCddl } from './cddl-check.ts'
import type { CddlEntry, CddlRules, CddlType } from './cddl-grammar.ts'
import { type Item, readCbor, writeCbor } from './strict-cbor.ts'

/** Byte strings up to this length are shown in full: digests are, keys and signatures are not. */
const SHOWN_BYTES_MAX = 64
const LABEL_WIDTH = 28

/**
 * The encoding of an item in hexadecimal, one line for each part, named by the CDDL: what stands after `=` is the value.
 * Byte strings that hold CBOR are opened.
 */
export function annotate(rules: CddlRules, name: string, item: Item): string {
  return linesOf(rules, { kind: 'name', name }, item, name, 0).join('\n')
}

function linesOf(rules: CddlRules, type: CddlType, item: Item, label: string, depth: number): readonly string[] {
  const known = resolve(rules, type, item)
  const line = (hex: string, value = ''): string =>
    [`${'  '.repeat(depth)}${label}`.padEnd(LABEL_WIDTH), hex, value === '' ? '' : ` = ${value}`].join('')
  if (Array.isArray(item)) {
    const items = item as readonly Item[]
    const positions = known.kind === 'array' ? positionsOf(rules, known.entries, items.length) : []
    return [
      line(hexOf(writeCbor(items).subarray(0, headLength(items.length)))),
      ...items.flatMap((element, index) => {
        const { key, type: inner } = positions[index] ?? { key: undefined, type: ANY }
        return linesOf(rules, inner, element, key ?? `[${index}]`, depth + 1)
      }),
    ]
  }
  if (!(item instanceof Uint8Array)) {
    return [line(hexOf(writeCbor(item)), typeof item === 'string' ? `"${item}"` : String(item))]
  }
  const head = hexOf(writeCbor(item).subarray(0, headLength(item.length)))
  if (known.kind === 'control' && known.operator === '.cbor') {
    return [line(head), ...linesOf(rules, known.argument, readCbor(item), `(${nameOf(known.argument)})`, depth + 1)]
  }
  if (item.length <= SHOWN_BYTES_MAX) return [line(`${head} ${hexOf(item)}`)]
  return [line(`${head} ${hexOf(item.subarray(0, 16))}… ${item.length} bytes`)]
}

const ANY: CddlType = { kind: 'choice', options: [] }

/** The array, control or simple type that an item is of, names and choices taken away. */
function resolve(rules: CddlRules, type: CddlType, item: Item): CddlType {
  if (type.kind === 'choice') {
    const fitting = type.options.find((option) => option.kind === 'name' && checkName(rules, option.name, item))
    return fitting === undefined ? type : resolve(rules, fitting, item)
  }
  const rule = type.kind === 'name' ? rules.get(type.name) : undefined
  return rule === undefined || rule.kind === 'group' ? type : resolve(rules, rule, item)
}

function checkName(rules: CddlRules, name: string, item: Item): boolean {
  return rules.has(name) && checkCddl(rules, name, item) === undefined
}

function positionsOf(rules: CddlRules, entries: readonly CddlEntry[], length: number): readonly CddlEntry[] {
  const flat = entries.flatMap((entry) => {
    const group = entry.type.kind === 'name' ? rules.get(entry.type.name) : undefined
    return group?.kind === 'group' ? positionsOf(rules, group.entries, group.entries.length) : [entry]
  })
  const [first] = flat
  return first !== undefined && first.max > 1 ? Array.from({ length }, () => first) : flat
}

function nameOf(type: CddlType): string {
  return type.kind === 'name' ? type.name : type.kind
}

function headLength(argument: number): number {
  return writeCbor(BigInt(argument)).length
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
