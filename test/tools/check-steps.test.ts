import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CHECK_STEPS, type CheckResult, runCheck } from './check-steps.ts'
import { ROOT } from './project-files.ts'

const SETTINGS = ['package.json', 'tsconfig.json', 'biome.json', '.oxlintrc.json', 'knip.json']

/** The checks of this project on another source tree, with our settings and our tools. */
async function check(t: TestContext, name: string, files: Readonly<Record<string, string>>): Promise<CheckResult> {
  const root = mkdtempSync(join(tmpdir(), 'quorumtime-check-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const file of SETTINGS) cpSync(join(ROOT, file), join(root, file))
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const step = CHECK_STEPS.find((candidate) => candidate.name === name)
  assert.ok(step, name)
  return runCheck(step, root)
}

const CLEAN = 'export const answer: number = 42\n'
const LONG_FUNCTION = `export function long(n: number): number {\n  let x = n\n${'  x += 1\n'.repeat(71)}  return x\n}\n`
const FLOATING = 'async function work(): Promise<void> {}\n\nexport function start(): void {\n  work()\n}\n'
const OPEN_SWITCH = `export function digit(kind: 'a' | 'b'): number {
  switch (kind) {
    case 'a':
      return 1
  }
  return 2
}
`

/** What each step must find, and what its complaint must name. */
const PLANTED: readonly (readonly [step: string, breach: string, text: string, complaint: RegExp])[] = [
  ['types', 'a value of another type', "export const answer: number = 'a'\n", /TS2322/],
  ['types', 'syntax that stripping cannot erase', 'export enum Mode {\n  locked,\n}\n', /TS1294/],
  ['format and lint', 'a line in another format', 'export const answer = "42";\n', /format/],
  ['format and lint', 'a function of more than 70 lines', LONG_FUNCTION, /noExcessiveLinesPerFunction/],
  ['format and lint', 'a default export', 'export default 42\n', /noDefaultExport/],
  ['lint with types', 'a promise that nobody awaits', FLOATING, /no-floating-promises/],
  ['lint with types', 'a case that is not handled', OPEN_SWITCH, /switch-exhaustiveness-check/],
]

for (const [step, breach, text, complaint] of PLANTED) {
  test(`the step "${step}" finds ${breach}`, async (t) => {
    const result = await check(t, step, { 'src/cli/main.ts': text })
    assert.equal(result.passed, false)
    assert.match(result.complaint, complaint)
  })
}

test('the step "nothing unused" finds an export that nobody imports', async (t) => {
  const result = await check(t, 'nothing unused', {
    'src/cli/main.ts': "import { used } from '../core/a.ts'\n\nused()\n",
    'src/core/a.ts': 'export function used(): void {}\n\nexport function forgotten(): void {}\n',
    'src/core/lost.ts': CLEAN,
  })
  assert.equal(result.passed, false)
  assert.match(result.complaint, /forgotten/)
  assert.match(result.complaint, /src\/core\/lost\.ts/)
  assert.equal(result.checked, 3)
})

for (const step of ['types', 'format and lint', 'lint with types']) {
  test(`the step "${step}" passes what is right and says how much it saw`, async (t) => {
    const result = await check(t, step, { 'src/cli/main.ts': CLEAN })
    assert.deepEqual([result.passed, result.complaint], [true, ''])
    assert.ok(result.checked >= 1)
  })
}

// The architecture test reads this project wherever it is started; it asserts its own count.
for (const { name } of CHECK_STEPS.filter((step) => step.name !== 'architecture')) {
  test(`the step "${name}" fails where there is nothing to check`, async (t) => {
    const result = await check(t, name, {})
    assert.equal(result.passed, false)
    assert.match(result.complaint, /expected code to check, got none/)
  })
}

test('a step that checks fewer files than there are has failed', async () => {
  const step = CHECK_STEPS.find(({ name }) => name === 'architecture')
  assert.ok(step)
  const blind = { ...step, arguments: ['--eval', ''] }
  const { passed, complaint } = await runCheck(blind, ROOT)
  assert.deepEqual([passed, complaint], [false, 'expected 1 imports to be checked, got 0'])
})
