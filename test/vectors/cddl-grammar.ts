/**
 * Reads the part of CDDL (RFC 8610) in which docs/quorumtime.cddl is written: rules, groups by position, arrays with
 * occurrences, choices, ranges, literals and the controls .size, .regexp and .cbor. Anything else throws: a checker
 * that skips what it does not know checks nothing.
 */
export type CddlType =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'range'; readonly from: bigint; readonly to: bigint }
  | { readonly kind: 'choice'; readonly options: readonly CddlType[] }
  | { readonly kind: 'control'; readonly operator: Operator; readonly target: CddlType; readonly argument: CddlType }
  | { readonly kind: 'array'; readonly entries: readonly CddlEntry[] }

export type Operator = '.size' | '.regexp' | '.cbor'

/** One position of an array or group, or several of the same kind. A name may stand for a whole group. */
export interface CddlEntry {
  readonly key: string | undefined
  readonly type: CddlType
  readonly min: number
  readonly max: number
}

export interface CddlGroup {
  readonly kind: 'group'
  readonly entries: readonly CddlEntry[]
}

export type CddlRules = ReadonlyMap<string, CddlType | CddlGroup>

const OPERATORS: readonly string[] = ['.size', '.regexp', '.cbor'] satisfies readonly Operator[]
const TOKEN = /\s+|;[^\n]*|("[^"\\]*"|-?\d+|\.\.|\.[a-z]+|[a-z][a-z0-9-]*|[=[\](),:/*])/y

export function parseCddl(text: string): CddlRules {
  const tokens = tokensOf(text)
  const rules = new Map<string, CddlType | CddlGroup>()
  while (tokens.peek() !== undefined) {
    const name = tokens.next()
    tokens.expect('=')
    if (rules.has(name)) throw new SyntaxError(`${name}: expected one definition, got two`)
    rules.set(name, tokens.peek() === '(' ? parseGroup(tokens) : parseType(tokens))
  }
  return rules
}

interface Tokens {
  peek(ahead?: number): string | undefined
  next(): string
  expect(token: string): void
}

function tokensOf(text: string): Tokens {
  const found: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null) throw new SyntaxError(`expected CDDL of the known part, got ${text.slice(at, at + 20)}`)
    if (match[1] !== undefined) found.push(match[1])
  }
  let at = 0
  const next = (): string => {
    const token = found[at]
    if (token === undefined) throw new SyntaxError('expected more CDDL, got the end')
    at += 1
    return token
  }
  return {
    peek: (ahead = 0) => found[at + ahead],
    next,
    expect: (token) => {
      const got = next()
      if (got !== token)
        throw new SyntaxError(`expected ${token}, got ${got} before ${found.slice(at, at + 4).join(' ')}`)
    },
  }
}

function parseGroup(tokens: Tokens): CddlGroup {
  tokens.expect('(')
  return { kind: 'group', entries: parseEntries(tokens, ')') }
}

function parseEntries(tokens: Tokens, end: string): readonly CddlEntry[] {
  const entries: CddlEntry[] = []
  while (tokens.peek() !== end) {
    entries.push(parseEntry(tokens))
    if (tokens.peek() !== end) tokens.expect(',')
  }
  tokens.expect(end)
  return entries
}

function parseEntry(tokens: Tokens): CddlEntry {
  let [min, max] = [1, 1]
  if (tokens.peek(1) === '*') {
    min = Number(tokens.next())
    tokens.expect('*')
    max = Number(tokens.next())
    if (!(Number.isSafeInteger(min) && Number.isSafeInteger(max))) throw new SyntaxError('expected n*m before a type')
  }
  const key = tokens.peek(1) === ':' ? tokens.next() : undefined
  if (key !== undefined) tokens.expect(':')
  return { key, type: parseType(tokens), min, max }
}

function parseType(tokens: Tokens): CddlType {
  const options = [parseOption(tokens)]
  while (tokens.peek() === '/') {
    tokens.expect('/')
    options.push(parseOption(tokens))
  }
  const [only] = options
  return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
}

function parseOption(tokens: Tokens): CddlType {
  const target = parseOperand(tokens)
  const operator = tokens.peek()
  if (operator === '..') return parseRange(tokens, target)
  if (operator?.startsWith('.') !== true) return target
  tokens.next()
  if (!OPERATORS.includes(operator)) throw new SyntaxError(`expected one of ${OPERATORS.join(', ')}, got ${operator}`)
  const bracketed = tokens.peek() === '('
  if (bracketed) tokens.expect('(')
  const argument = bracketed ? parseRange(tokens, parseOperand(tokens)) : parseOperand(tokens)
  if (bracketed) tokens.expect(')')
  return { kind: 'control', operator: operator as Operator, target, argument }
}

function parseRange(tokens: Tokens, from: CddlType): CddlType {
  tokens.expect('..')
  const to = parseOperand(tokens)
  if (from.kind !== 'integer' || to.kind !== 'integer') throw new SyntaxError('expected a range of integers')
  return { kind: 'range', from: from.value, to: to.value }
}

function parseOperand(tokens: Tokens): CddlType {
  const token = tokens.next()
  if (token === '[') return { kind: 'array', entries: parseEntries(tokens, ']') }
  if (token.startsWith('"')) return { kind: 'text', value: token.slice(1, -1) }
  if (/^-?\d/.test(token)) return { kind: 'integer', value: BigInt(token) }
  if (/^[a-z]/.test(token)) return { kind: 'name', name: token }
  throw new SyntaxError(`expected a type, got ${token}`)
}
