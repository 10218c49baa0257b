import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ROOT } from './tools/project-files.ts'

const PACKAGE = `node-${process.platform}-${process.arch}`

/** A project that pins these packages, with our two scripts. */
function project(t: TestContext, optionalDependencies: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'quorumtime-node-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'provisioning'))
  for (const script of ['pinned-node.mjs', 'link-node.mjs']) {
    cpSync(join(ROOT, 'provisioning', script), join(root, 'provisioning', script))
  }
  writeFileSync(join(root, 'package.json'), JSON.stringify({ optionalDependencies }))
  return root
}

function start(root: string): SpawnSyncReturns<string> {
  const script = join(root, 'provisioning/pinned-node.mjs')
  return spawnSync(process.execPath, ['--import', script, '--eval', 'console.log("started")'], { encoding: 'utf8' })
}

test('the pinned Node starts what it is asked to', (t) => {
  const { status, stdout } = start(project(t, { [PACKAGE]: process.version.slice(1) }))
  assert.deepEqual([status, stdout], [0, 'started\n'])
})

test('another Node says in one sentence which one is expected, and starts nothing', (t) => {
  const { status, stdout, stderr } = start(project(t, { [PACKAGE]: '99.1.2' }))
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /^node: expected 99\.1\.2, .* got \d+\.\d+\.\d+ from .*\n$/)
})

test('a platform without a pinned Node is named', (t) => {
  const { status, stderr } = start(project(t, { 'node-plan9-mips': '1.0.0' }))
  assert.equal(status, 1)
  assert.match(stderr, /^node: expected one of node-plan9-mips, got .*\n$/)
})

test('the link to the pinned Node is made where npm left none, and one that stands is kept', (t) => {
  const root = project(t, {})
  const bin = join(root, 'node_modules/.bin')
  const link = (): number | null => spawnSync(process.execPath, [join(root, 'provisioning/link-node.mjs')]).status
  mkdirSync(bin, { recursive: true })
  assert.equal(link(), 0)
  assert.throws(() => readlinkSync(join(bin, 'node')))
  mkdirSync(join(root, 'node_modules', PACKAGE, 'bin'), { recursive: true })
  symlinkSync(process.execPath, join(root, 'node_modules', PACKAGE, 'bin/node'))
  assert.equal(link(), 0)
  assert.equal(readlinkSync(join(bin, 'node')), `../${PACKAGE}/bin/node`)
  assert.equal(link(), 0)
})
