import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { VIOLATIONS } from '../checkers/problem.ts'

const MAIN = join(import.meta.dirname, 'main.ts')

function simulate(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' })
}

/** The JSON object of a run without a violation. */
function reportOf(...args: readonly string[]): Readonly<Record<string, unknown>> {
  const { status, stdout, stderr } = simulate(...args, '--json')
  assert.equal(status, 0, stdout + stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

test('storms of several sizes show no violation, and the one JSON object says so', () => {
  const report = reportOf('--nodes', '4,5,7', '--seeds', '1..2', '--epochs', '8')
  assert.deepEqual(report['nodes'], [4, 5, 7])
  assert.equal(report['seeds'], 6)
  assert.ok(Number(report['epochs']) >= 6 * 8)
  for (const violation of VIOLATIONS) assert.equal(report[violation], 0, violation)
  for (const work of ['finalized', 'events', 'eventsPerSecond', 'framesChecked', 'readingsChecked', 'restarts']) {
    assert.ok(Number(report[work]) > 0, work)
  }
})

const SEEDS = ['--nodes', '4', '--seeds', '5..6'] as const

test('one seed is one run, however many threads share the seeds', () => {
  const counted = (...args: readonly string[]): unknown => {
    const { events, finalized, readingsChecked, restarts } = reportOf(...SEEDS, '--epochs', '8', ...args)
    return { events, finalized, readingsChecked, restarts }
  }
  assert.deepEqual(counted('--jobs', '1'), counted('--jobs', '2'))
})

test('with and without what members share of their blocks one seed is one run, and what is shared is what each computes', () => {
  const counted = (memo: string): unknown => {
    const { events, finalized, readingsChecked } = reportOf(
      '--nodes',
      '4',
      '--seeds',
      '5',
      '--epochs',
      '8',
      '--memo',
      memo,
    )
    return { events, finalized, readingsChecked }
  }
  assert.deepEqual(counted('off'), counted('on'))
  assert.deepEqual(counted('check'), counted('on'))
})

test('members that sign with real ML-DSA-87 get certificates that the independent verifier accepts', () => {
  const report = reportOf('--nodes', '4', '--seeds', '2', '--epochs', '5', '--signatures', 'ml-dsa-87')
  assert.equal(report['invalidCertificates'], 0)
  assert.ok(Number(report['finalized']) > 0)
})

test('a trace tells who said what when, and who decided what', () => {
  const { status, stdout } = simulate('--nodes', '4', '--seeds', '3', '--epochs', '8', '--trace')
  assert.equal(status, 0)
  assert.match(stdout, /\d\.\d{6} s {2}node \d in view \d+ {2}→ all {2}notarize of node \d, view \d+, [0-9a-f]{8}/)
  assert.match(stdout, /decides height 1, epoch \d+, view \d+/)
  assert.match(stdout, /marks epoch \d+: -?\d+ ns off ± \d+ ns/)
})

test('wrong arguments get one sentence and exit status 2; help gets examples and 0', () => {
  const wrong = simulate('--nodes', 'four', '--json')
  assert.equal(wrong.status, 2)
  assert.equal(wrong.stdout, '')
  assert.equal(wrong.stderr, 'simulate: --nodes: expected a whole number from 1 to 100, got four\n')
  const { status, stdout } = simulate('--help')
  assert.equal(status, 0)
  assert.match(stdout, /npm run -s simulate -- --nodes 4 --seeds 1\.\.1000 --json/)
})
