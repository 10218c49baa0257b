/**
 * TypeScript 7 has no stable API to parse with, so the tests that read our own source use this scanner: it tells code,
 * comments and literals apart, which is all that they need.
 */
export interface MaskedSource {
  /** The text with the insides of strings, templates and regular expressions and all comments blanked; same length. */
  readonly code: string
  readonly comments: readonly Span[]
  /** String and template chunks and regular expressions, with their delimiters. */
  readonly literals: readonly Span[]
}

export interface Span {
  readonly start: number
  readonly end: number
}

/** After one of these a slash begins a regular expression; after anything else that ends an expression it divides. */
const WORD_BEFORE_EXPRESSION =
  /(?<![\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do|instanceof|await|yield|extends)$/
const CHARACTER_BEFORE_EXPRESSION = /[(,=:[!&|?{};+\-*%<>~^]$/

export function maskSource(text: string): MaskedSource {
  const comments: Span[] = []
  const literals: Span[] = []
  /** For each open `${`: how many braces are open inside it. */
  const substitutions: number[] = []
  let at = 0
  /** Code so far without comments and blanks at its end: enough to tell a regular expression from a division. */
  let before = ''
  const take = (list: Span[], end: number): void => {
    list.push({ start: at, end })
    at = end
  }
  const takeLiteral = (end: number): void => {
    take(literals, end)
    const opensSubstitution = text[end - 1] === '{'
    if (opensSubstitution) substitutions.push(0)
    before = opensSubstitution ? '(' : ')'
  }
  while (at < text.length) {
    const character = text.charAt(at)
    const depth = substitutions.at(-1)
    if (text.startsWith('//', at)) take(comments, endOfLine(text, at))
    else if (text.startsWith('/*', at)) take(comments, endOfBlock(text, at))
    else if (character === "'" || character === '"') takeLiteral(endOfString(text, at))
    else if (character === '`') takeLiteral(endOfTemplateChunk(text, at + 1))
    else if (character === '}' && depth === 0) {
      substitutions.pop()
      takeLiteral(endOfTemplateChunk(text, at + 1))
    } else if (character === '/' && beginsExpression(before)) takeLiteral(endOfRegularExpression(text, at))
    else {
      if (depth !== undefined && character === '{') substitutions[substitutions.length - 1] = depth + 1
      if (depth !== undefined && character === '}') substitutions[substitutions.length - 1] = depth - 1
      if (character.trim() !== '') before = (before + character).slice(-12)
      else if (/[\w$]$/.test(before)) before += ' '
      at += 1
    }
  }
  return { code: blank(text, comments, literals), comments, literals }
}

function beginsExpression(before: string): boolean {
  const code = before.trimEnd()
  return code === '' || CHARACTER_BEFORE_EXPRESSION.test(code) || WORD_BEFORE_EXPRESSION.test(code)
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end === -1 ? text.length : end
}

function endOfBlock(text: string, start: number): number {
  const end = text.indexOf('*/', start + 2)
  return end === -1 ? text.length : end + 2
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1
    else if (text[at] === text[start] || text[at] === '\n') return at + 1
  }
  return text.length
}

/** Up to and with the closing backtick or the `${` of a substitution. */
function endOfTemplateChunk(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '`') return at + 1
    else if (text.startsWith('${', at)) return at + 2
  }
  return text.length
}

function endOfRegularExpression(text: string, start: number): number {
  let inClass = false
  let at = start + 1
  for (; at < text.length && (inClass || text[at] !== '/') && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
  }
  at += 1
  while (/[a-z]/.test(text.charAt(at))) at += 1
  return Math.min(at, text.length)
}

/** Delimiters and line ends stay, so that the shape of the code and the line numbers do. */
function blank(text: string, comments: readonly Span[], literals: readonly Span[]): string {
  const characters = text.split('')
  const clear = (start: number, end: number): void => {
    for (let at = start; at < end; at++) if (characters[at] !== '\n') characters[at] = ' '
  }
  for (const { start, end } of comments) clear(start, end)
  for (const { start, end } of literals) {
    const isRegularExpression = text[start] === '/'
    clear(isRegularExpression ? start : start + 1, isRegularExpression ? end : end - 1)
  }
  return characters.join('')
}

/** The line, counted from 1, on which a position stands. */
export function lineAt(text: string, position: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
