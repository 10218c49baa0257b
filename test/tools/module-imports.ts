import { lineAt, type MaskedSource } from './mask-source.ts'

/** One place where a module names another. */
export interface ModuleImport {
  readonly kind: 'import' | 're-export' | 'side-effect' | 'dynamic' | 'require'
  /** What is imported, or undefined where that is computed. */
  readonly specifier: string | undefined
  /** Gone once types are stripped. */
  readonly typesOnly: boolean
  /** Counted from 1. */
  readonly line: number
}

/** In masked code a literal is a pair of delimiters around blanks, so `(?=["'])` stands before a specifier. */
const FORMS: readonly (readonly [kind: ModuleImport['kind'], form: RegExp])[] = [
  ['import', /(?<![\w$.])import\s+[\w$*{},\s]+?\bfrom\s*(?=["'])/g],
  ['import', /(?<![\w$.])import\s*\{[\w$*{},\s]*?\}\s*from\s*(?=["'])/g],
  ['re-export', /(?<![\w$.])export\s*(?:type\s*)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\})\s*from\s*(?=["'])/g],
  ['side-effect', /(?<![\w$.])import\s*(?=["'])/g],
  ['dynamic', /(?<![\w$.])import\s*\(\s*/g],
  ['require', /(?<![\w$.])(?:require|createRequire)\s*\(\s*/g],
]

/** Every import of a source: types too, since a type is a dependency of the reader. */
export function moduleImports(text: string, masked: MaskedSource): readonly ModuleImport[] {
  const found = new Map<number, ModuleImport>()
  for (const [kind, form] of FORMS) {
    for (const match of masked.code.matchAll(form)) {
      const start = match.index + match[0].length
      const literal = masked.literals.find((span) => span.start === start)
      const specifier = literal === undefined ? undefined : text.slice(literal.start + 1, literal.end - 1)
      found.set(start, { kind, specifier, typesOnly: namesTypesOnly(match[0]), line: lineAt(text, match.index) })
    }
  }
  return [...found.values()].sort((a, b) => a.line - b.line)
}

/** `import type …` and `import { type A, type B } …`. */
function namesTypesOnly(clause: string): boolean {
  if (/^(?:import|export)\s+type\b/.test(clause)) return true
  const names = /^import\s*\{([^}]*)\}/.exec(clause)?.[1]?.split(',') ?? []
  return names.some((name) => name.trim() !== '') && names.every((name) => /^\s*(?:type\s|$)/.test(name))
}
