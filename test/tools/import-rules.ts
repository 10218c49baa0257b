import { posix } from 'node:path'
import { lineAt, maskSource } from './mask-source.ts'
import { type ModuleImport, moduleImports } from './module-imports.ts'

/** What the files below one folder may import beside their own folder and the builtins and packages of the tables. */
export interface FolderRule {
  /** Folders (ending in a slash), files or globs. */
  readonly imports: readonly string[]
  /** The same, in addition, for the unit tests that stand in the folder. */
  readonly inTests?: readonly string[]
  /** A pure folder has no builtins and no globals that reach the world. */
  readonly pure?: boolean
}

export interface ImportRules {
  /** By folder (ending in a slash, `*` for any name) or file; the longest that fits a path applies. */
  readonly folders: Readonly<Record<string, FolderRule>>
  /** What every unit test may import: shared worlds to test in. */
  readonly testSupport: readonly string[]
  /** Pure files of folders that have effects elsewhere. */
  readonly pureFiles: readonly string[]
  /** By package: the folders, files or globs that may import it. */
  readonly packages: Readonly<Record<string, readonly string[]>>
  /** By builtin: who may import it. A builtin that is not named is free for everything that is not pure. */
  readonly builtins: Readonly<Record<string, readonly string[]>>
}

/** What one source imports, with the targets resolved, and how it breaks the rules. */
export interface Reading {
  readonly imports: readonly ModuleImport[]
  /** The project files among them. */
  readonly targets: readonly string[]
  /** Those that are loaded when it runs: types alone are not. */
  readonly loads: readonly string[]
  readonly problems: readonly string[]
}

/** Names through which a pure file would see a clock, a timer, chance, the process, the host or its locale. */
const IMPURE_NAMES =
  /(?<![\w$#])(?<!(?<!\.\.)\.)(?:Date|performance|Temporal|setTimeout|setInterval|setImmediate|queueMicrotask|process|console|Buffer|fetch|crypto|globalThis|global|navigator|Intl|WebSocket|Worker|eval|Function)(?![\w$]|\s*\??:)|\bMath\s*\.\s*random\b|\.\s*(?:localeCompare|toLocale\w+)\b/g

export function readModule(rules: ImportRules, path: string, text: string): Reading {
  const masked = maskSource(text)
  const imports = moduleImports(text, masked)
  const rule = folderRule(rules, path)
  if (rule === undefined) {
    return { imports, targets: [], loads: [], problems: [`${path}: expected a folder of the table`] }
  }
  const problems: string[] = []
  const targets: string[] = []
  const loads: string[] = []
  for (const found of imports) {
    const { specifier, line } = found
    const complain: Complain = (message) => {
      problems.push(`${path}:${line}: ${message}`)
    }
    checkForm(found, complain)
    if (specifier === undefined) continue
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(path), specifier)
      targets.push(target)
      if (!found.typesOnly) loads.push(target)
      checkTarget(rules, rule, path, target, complain)
    } else if (specifier.startsWith('node:')) checkBuiltin(rules, path, specifier, complain)
    else checkPackage(rules, path, specifier, complain)
  }
  if (isPure(rules, path)) {
    for (const match of masked.code.matchAll(IMPURE_NAMES)) {
      problems.push(`${path}:${lineAt(text, match.index)}: expected a pure file, got ${match[0].trim()}`)
    }
  }
  return { imports, targets, loads, problems }
}

type Complain = (message: string) => void

/** A unit test, or what several unit tests of a folder share: `mesh-fixture.ts`. */
export function isTest(path: string): boolean {
  return /(?:\.test|-fixture)\.ts$/.test(path)
}

function folderRule(rules: ImportRules, path: string): FolderRule | undefined {
  const key = folderKey(rules, path)
  return key === undefined ? undefined : rules.folders[key]
}

function folderKey(rules: ImportRules, path: string): string | undefined {
  const fitting = Object.keys(rules.folders).filter((pattern) => fits(pattern, path))
  return fitting.sort((a, b) => b.length - a.length)[0]
}

/** The folder of the table that a path belongs to, with `*` filled in: `drivers/smartclock/`. */
export function folderOf(rules: ImportRules, path: string): string | undefined {
  const key = folderKey(rules, path)
  if (key === undefined || !key.endsWith('/')) return key
  return `${path
    .split('/')
    .slice(0, key.split('/').length - 1)
    .join('/')}/`
}

/** Whether a path fits a glob, or stands below the folder that a pattern ending in a slash names. */
function fits(pattern: string, path: string): boolean {
  return posix.matchesGlob(path, pattern.endsWith('/') ? `${pattern}**` : pattern)
}

function isPure(rules: ImportRules, path: string): boolean {
  if (isTest(path)) return false
  return folderRule(rules, path)?.pure === true || rules.pureFiles.includes(path)
}

function checkForm({ kind, specifier }: ModuleImport, complain: Complain): void {
  if (kind === 're-export') complain(`expected every name to have one home, got a re-export of ${specifier}`)
  if (kind === 'side-effect') complain(`expected no import for its side effect, got ${specifier}`)
  if (kind === 'require') complain(`expected an import, got a require of ${specifier}`)
  if (kind === 'dynamic' && specifier === undefined) complain('expected a literal in import(), got an expression')
  if (specifier?.startsWith('.') === true && !/\.(?:ts|json|mjs)$/.test(specifier)) {
    complain(`expected a relative import to name its file with .ts, got ${specifier}`)
  }
}

function checkTarget(rules: ImportRules, rule: FolderRule, path: string, target: string, complain: Complain): void {
  const own = folderOf(rules, path)
  const may = [...rule.imports, ...(isTest(path) ? [...(rule.inTests ?? []), ...rules.testSupport] : [])]
  if (target.endsWith('.test.ts') || (isTest(target) && !isTest(path))) {
    complain(`expected no import of a test, got ${target}`)
  } else if (own !== folderOf(rules, target) && !may.some((pattern) => fits(pattern, target))) {
    complain(`expected an import from ${[own, ...may].join(', ')}, got ${target}`)
  } else if (isPure(rules, path) && !isPure(rules, target)) {
    complain(`expected a pure file to import pure files only, got ${target}`)
  }
}

function checkBuiltin(rules: ImportRules, path: string, specifier: string, complain: Complain): void {
  const homes = rules.builtins[specifier]
  if (isPure(rules, path)) complain(`expected no builtin in a pure file, got ${specifier}`)
  else if (homes !== undefined && !isTest(path) && !homes.some((home) => fits(home, path))) {
    complain(`expected ${specifier} only in ${homes.join(', ')}`)
  }
}

function checkPackage(rules: ImportRules, path: string, specifier: string, complain: Complain): void {
  const name = packageName(specifier)
  const homes = rules.packages[name]
  // A unit test may use the packages of its folder: it checks the file that uses them.
  const besideHome = (home: string): boolean => isTest(path) && folderOf(rules, home) === folderOf(rules, path)
  if (homes === undefined) complain(`expected a package of the table, got ${name}`)
  else if (!homes.some((home) => fits(home, path) || besideHome(home))) {
    complain(`expected ${name} only in ${homes.join(', ')}`)
  }
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
