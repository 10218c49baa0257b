import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Tally } from './run-stage.ts'

const HEAD = "import { describe, test } from 'node:test'\nimport assert from 'node:assert/strict'\n"

/** The runner's mark of a test that is not written yet, which no file of ours may hold. */
const UNFINISHED = ['to', 'do'].join('')

interface StageRun {
  readonly tally: Tally
  readonly printed: string
}

/** Runs a stage over one test file. In a process of its own, since one test runner does not start another. */
function stage(t: TestContext, text: string, testSecondsMax = 20, stageSecondsMax = 20): StageRun {
  const root = mkdtempSync(join(tmpdir(), 'quorumtime-stage-'))
  t.after(() => rmSync(root, { recursive: true }))
  writeFileSync(join(root, 'a.test.ts'), text)
  const script = `
    import { runStage } from ${JSON.stringify(join(import.meta.dirname, 'run-stage.ts'))}
    const lines = []
    const limits = { testSecondsMax: ${testSecondsMax}, stageSecondsMax: ${stageSecondsMax} }
    const tally = await runStage(${JSON.stringify(root)}, ['a.test.ts'], limits, (line) => lines.push(line))
    console.log(JSON.stringify({ tally, printed: lines.join('\\n') }))`
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  writeFileSync(join(root, 'stage.mjs'), script)
  const child = spawnSync(process.execPath, [join(root, 'stage.mjs')], { env, encoding: 'utf8' })
  assert.equal(child.status, 0, child.stderr)
  return JSON.parse(child.stdout) as StageRun
}

test('tests that pass, fail and are skipped are counted, and a failure is shown where it stands', (t) => {
  const { tally, printed } = stage(
    t,
    `${HEAD}describe('all', () => {
      test('right', () => {})
      test('wrong', () => assert.equal(1, 2))
      test('absent', { skip: 'no such device here' }, () => {})
    })`,
  )
  assert.deepEqual(tally, { passed: 1, failed: 1, skipped: 1 })
  assert.match(printed, /✖ a\.test\.ts:5 wrong\n\s+AssertionError.*\n/)
  assert.match(printed, /- a\.test\.ts:6 skipped, absent: no such device here/)
  assert.match(printed, /✖ a\.test\.ts: 1 passed, 1 failed, 1 skipped/)
})

/** Files that `node --test` alone lets pass, and files that end badly. */
const FAILING: readonly (readonly [what: string, text: string, tally: Tally, printed: RegExp])[] = [
  ['holds no test', 'export const a = 1\n', { passed: 0, failed: 1, skipped: 0 }, /expected tests, got none/],
  [
    'ends its process before its tests do',
    `${HEAD}test('one', () => {})\ntest('two', () => process.exit(0))\ntest('three', () => {})\n`,
    { passed: 0, failed: 1, skipped: 0 },
    /its process ended before they did/,
  ],
  [
    'skips a test without a reason',
    `${HEAD}test('one', () => {})\ntest('two', { skip: true }, () => {})\n`,
    { passed: 1, failed: 1, skipped: 0 },
    /or the reason why it does not/,
  ],
  [
    'marks a test as unfinished',
    `${HEAD}test('one', () => {})\ntest('two', { ${UNFINISHED}: 'later' }, () => {})\n`,
    { passed: 1, failed: 1, skipped: 0 },
    /or the reason why it does not/,
  ],
  [
    'fails beside its tests',
    `${HEAD}test('one', () => {})\nconsole.error('what went on')\nthrow new Error('on its own')\n`,
    { passed: 0, failed: 1, skipped: 0 },
    /what went on[\s\S]*on its own/,
  ],
  [
    'cannot be read',
    'enum A { b }\n',
    { passed: 0, failed: 1, skipped: 0 },
    /a\.test\.ts wrote:[\s\S]*TypeScript enum is not supported/,
  ],
]

for (const [what, text, tally, printed] of FAILING) {
  test(`a file that ${what} has failed`, (t) => {
    const result = stage(t, text)
    assert.deepEqual(result.tally, tally, result.printed)
    assert.match(result.printed, printed)
  })
}

test('a file that does not end is killed with its stage, and has failed', (t) => {
  const { tally, printed } = stage(
    t,
    `${HEAD}test('endless', () => new Promise(() => setInterval(() => {}, 9)))`,
    60,
    2,
  )
  assert.equal(tally.passed, 0)
  assert.ok(tally.failed >= 1)
  assert.match(printed, /^✖ a\.test\.ts:\d+ /m)
})
