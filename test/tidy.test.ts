import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { isTest } from './tools/import-rules.ts'
import { type LockFile, missingPlatformPackages, uncheckedPackages } from './tools/lock-file.ts'
import { lineAt, maskSource } from './tools/mask-source.ts'
import { codeFiles, findFiles, ROOT } from './tools/project-files.ts'

/** Lines per file. How long a function may be is in biome.json, since that takes a parser. */
const LINES_MAX = 500
const LINES_MEDIAN_MAX = 120
const LINES_P90_MAX = 300

/** Everything that people read: the code and what is delivered around it. */
const TEXT_GLOBS = [
  '*.{md,json,ts}',
  '.{ci,github}/**/*',
  '{docs,hardware-docs}/**/*.{md,cddl,json}',
  '{systemd,provisioning}/**/*.*',
  '{src,drivers,test}/**/*.{ts,mjs,html,css,js,json}',
]

interface TidyRule {
  readonly name: string
  /** Where it looks: the whole text, or the code without comments and literals. */
  readonly looksAt: 'text' | 'code'
  readonly pattern: RegExp
  /** A breach, for the proof that the rule sees one. */
  readonly planted: string
}

/** Takes the marks out that keep this file from breaking its own rules. */
function joined(text: string): string {
  return text.replaceAll('·', '')
}

function words(...split: readonly string[]): RegExp {
  return new RegExp(`\\b(?:${split.map(joined).join('|')})\\b`, 'gi')
}

const MARKS_OF_WORK_LEFT = new RegExp(joined('\\b(?:TO·DO|FIX·ME|XX·X)\\b'), 'g')

const CODE_RULES: readonly TidyRule[] = [
  { name: 'no mark of work left', looksAt: 'text', pattern: MARKS_OF_WORK_LEFT, planted: '// TO·DO: later' },
  {
    name: 'no word of something unfinished',
    looksAt: 'text',
    pattern: words('not imple·mented', 'place·holder', 'for no·w', 'st·ub', 'dum·my', 'fa·ke'),
    planted: '// a st·ub',
  },
  {
    name: 'nothing wired in that should be a setting',
    looksAt: 'text',
    pattern: words('hard-?co·ded'),
    planted: '// hard-co·ded',
  },
  {
    name: 'no comment that takes code out of the coverage',
    looksAt: 'text',
    pattern: words('(?:v8|c8|istanbul) ign·ore', 'node:cov·erage'),
    planted: '/* v8 ign·ore next */',
  },
  {
    name: 'no test that silences the others',
    looksAt: 'code',
    pattern: /\.only\s*\(|\bonly:\s*true/g,
    planted: "test.only('a')",
  },
  { name: 'no enum', looksAt: 'code', pattern: /(?<![\w$.])enum\s+\w+\s*\{/g, planted: 'export enum Mode { locked }' },
  { name: 'no decorator', looksAt: 'code', pattern: /(?<![\w$)\]])@\w/g, planted: '@sealed class Clock {}' },
  {
    name: 'no default export',
    looksAt: 'code',
    pattern: /\bexport\s+default\b|\bas\s+default\b/g,
    planted: 'export default 1',
  },
  {
    name: 'no switch that turns a linter off for a whole file',
    looksAt: 'text',
    pattern: words('biome-ign·ore-all', '(?:ox|es)lint-dis·able(?!-next-line|-line)', 'ts-no·check'),
    planted: '// biome-ign·ore-all lint: loud',
  },
]

const TEXT_RULES: readonly TidyRule[] = [
  {
    name: 'no path of one machine',
    looksAt: 'text',
    pattern: new RegExp(joined('(?<![\\w.$}])/(?:wo·rk|ho·me|ro·ot)/'), 'g'),
    planted: "const path = '/ho·me/me'",
  },
  {
    name: 'no registry host',
    looksAt: 'text',
    pattern: new RegExp(joined('registry\\.npm·js|registry\\.yarn·pkg|npm·mirror'), 'gi'),
    planted: 'https://registry.npm·js.org/a',
  },
]

function breaches(rules: readonly TidyRule[], path: string, text: string): readonly string[] {
  const code = rules.some((rule) => rule.looksAt === 'code') ? maskSource(text).code : ''
  return rules.flatMap(({ name, looksAt, pattern }) =>
    [...(looksAt === 'code' ? code : text).matchAll(pattern)].map(
      (match) => `${path}:${lineAt(text, match.index)}: ${name}: ${match[0].trim()}`,
    ),
  )
}

/** `two-way.ts`, `two-way.test.ts`, and no drawer where everything ends up. */
function hasTidyName(path: string): boolean {
  const name = basename(path)
  return (
    /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/.test(name) && !/^(?:utils?|helpers?|misc|types?-utils?)\./.test(name)
  )
}

function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

/** The value below which `share` of the values lie. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

const files = codeFiles(ROOT)
const texts = new Map(files.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]))

test('code says what it does, in the style of the house', (t) => {
  t.diagnostic(`${files.length} files of code read`)
  assert.ok(files.length > 0, 'expected to read files, got none')
  assert.deepEqual(
    [...texts].flatMap(([path, text]) => breaches(CODE_RULES, path, text)),
    [],
  )
})

test('no text names a machine or a registry', (t) => {
  const paths = findFiles(ROOT, TEXT_GLOBS)
  t.diagnostic(`${paths.length} texts read`)
  assert.ok(paths.length > files.length, `expected more than the ${files.length} files of code, got ${paths.length}`)
  assert.deepEqual(
    paths.flatMap((path) => breaches(TEXT_RULES, path, readFileSync(join(ROOT, path), 'utf8'))),
    [],
  )
})

test('file names are words with hyphens', () => {
  assert.deepEqual(
    files.filter((path) => !hasTidyName(path)),
    [],
  )
})

test(`no file is longer than ${LINES_MAX} lines`, () => {
  const long = [...texts].filter(([, text]) => countLines(text) > LINES_MAX)
  assert.deepEqual(
    long.map(([path, text]) => `${path}: ${countLines(text)}`),
    [],
  )
})

test('most files are short', (t) => {
  const product = files.filter((path) => /^(?:src|drivers)\//.test(path) && !isTest(path))
  const lengths = product.map((path) => countLines(texts.get(path)!))
  const [median, p90] = [quantile(lengths, 0.5), quantile(lengths, 0.9)]
  t.diagnostic(`${product.length} files of the product, ${median} lines in the middle, ${p90} at the ninth tenth`)
  assert.ok(product.length > 0)
  assert.ok(median <= LINES_MEDIAN_MAX, `expected a median of ${LINES_MEDIAN_MAX} lines at most, got ${median}`)
  assert.ok(p90 <= LINES_P90_MAX, `expected nine files of ten within ${LINES_P90_MAX} lines, got ${p90}`)
})

test('npm ci accepts the lock file, and checks all that it downloads', (t) => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as LockFile
  t.diagnostic(`${Object.keys(lock.packages).length} packages locked`)
  assert.ok(Object.keys(lock.packages).length > 1)
  assert.deepEqual(uncheckedPackages(lock), [])
  assert.deepEqual(missingPlatformPackages(lock), {}, 'npm run lock adds them')
})

for (const rule of [...CODE_RULES, ...TEXT_RULES]) {
  test(`a planted breach is seen: ${rule.name}`, () => {
    const found = breaches([rule], 'src/core/planted.ts', `\n${joined(rule.planted)}\n`)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, /^src\/core\/planted\.ts:2: /)
  })
}

test('code that only looks like a breach is accepted', () => {
  const harmless = "const mail = 'a@b'\nconst stubborn = enumerate({ only: 1 })\nimport(`${root}/home/index.ts`)\n"
  assert.deepEqual(breaches([...CODE_RULES, ...TEXT_RULES], 'a.ts', harmless), [])
})

test('planted names and lengths are told apart', () => {
  assert.deepEqual(['two-way.ts', 'a.test.ts', 'ml-dsa.ts'].filter(hasTidyName), [
    'two-way.ts',
    'a.test.ts',
    'ml-dsa.ts',
  ])
  assert.deepEqual(['twoWay.ts', 'Clock.ts', 'utils.ts', 'a_b.ts', 'a.spec.ts'].filter(hasTidyName), [])
  assert.deepEqual([countLines(''), countLines('a'), countLines('a\n'), countLines('a\nb')], [1, 1, 1, 2])
  assert.deepEqual([quantile([3, 1, 2], 0.5), quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)], [2, 10])
})

test('every dependency has one exact version and its row in docs/dependencies.md', () => {
  const declared = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies' | 'optionalDependencies',
    Record<string, string>
  >
  const versions = { ...declared.dependencies, ...declared.devDependencies, ...declared.optionalDependencies }
  const table = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
  assert.ok(Object.keys(versions).length > 0)
  for (const [name, version] of Object.entries(versions)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, `${name}: expected an exact version, got ${version}`)
    assert.ok(table.includes(`| \`${name}\` | ${version} |`), `expected a row for ${name} ${version}`)
  }
})
