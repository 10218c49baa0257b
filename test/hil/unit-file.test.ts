import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AGENT_ENVIRONMENT, AGENT_NODE_FLAGS } from '../../src/cli/agent-flags.ts'
import { findFiles, ROOT } from '../tools/project-files.ts'
import { runCommand } from './command.ts'

const UNIT = 'systemd/quorumtime.service'
const INSTALLED_AT = '/usr/lib/quorumtime/'

const unit = readFileSync(join(ROOT, UNIT), 'utf8')
const guide = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')
const analyze = await runCommand('systemd-analyze', ['--version'], 60)
const version = /^systemd (\d+)/.exec(analyze.output)?.[1]

/** The last value of a setting of the unit, which is the one that holds. */
function setting(name: string): string {
  const value = [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].at(-1)?.[1]
  assert.ok(value !== undefined, `expected ${name}= in ${UNIT}, got none`)
  return value
}

test('the unit starts what is in the tree', () => {
  const paths = [...unit.matchAll(/\/usr\/lib\/quorumtime\/[^\s:]+/g)].map(([path]) => path)
  assert.notEqual(paths.length, 0)
  for (const path of paths) {
    assert.ok(existsSync(join(ROOT, path.slice(INSTALLED_AT.length))), `expected ${path} in the tree, got none`)
  }
})

test('the unit starts Node as this program starts an agent elsewhere', () => {
  const words = setting('ExecStart').split(' ')
  const flags = AGENT_NODE_FLAGS.map((flag) => flag.replace(`${ROOT}/`, INSTALLED_AT))
  assert.deepEqual(words.slice(1, 1 + flags.length), flags)
  for (const [name, value] of Object.entries(AGENT_ENVIRONMENT))
    assert.match(unit, new RegExp(`^Environment=.*\\b${name}=${value}\\b`, 'm'))
})

test('tmpfiles.conf and the unit agree on folders, owners and modes', () => {
  const tmpfiles = readFileSync(join(ROOT, 'systemd/tmpfiles.conf'), 'utf8')
  for (const [folder, name, owner] of [
    ['/etc', 'ConfigurationDirectory', 'root'],
    ['/var/lib', 'StateDirectory', setting('User')],
  ]) {
    const line = ['d', `${folder}/${setting(name!)}`, setting(`${name}Mode`), owner, setting('Group')].join('\\s+')
    assert.match(tmpfiles, new RegExp(`^${line}$`, 'm'))
  }
})

test('the unit lets the agent at its TPM, and tells it which start of the machine this is', () => {
  assert.match(unit, /^DeviceAllow=\/dev\/tpmrm0 rw$/m)
  assert.match(readFileSync(join(ROOT, 'systemd/sysusers.conf'), 'utf8'), /^m quorumtime tss$/m)
  const [, name] = /^Environment=(\w+)=%b$/m.exec(unit) ?? []
  assert.ok(name !== undefined && readFileSync(join(ROOT, 'src/agent/attestation/boot-id.ts'), 'utf8').includes(name))
})

test('the watchdog leaves room for epochs as long as the unit says', () => {
  const [, epochSeconds] = /epochs last\s+(?:# )?longer than (\d+) s/.exec(unit) ?? []
  assert.ok(3 * Number(epochSeconds) <= Number(setting('WatchdogSec')))
})

const skip = version === undefined ? 'expected the command systemd-analyze, got none; .ci/run installs it' : false

test('the sandbox is as tight as the guide says', { skip }, async () => {
  const { output } = await runCommand(
    'systemd-analyze',
    ['security', '--offline=true', '--no-pager', join(ROOT, UNIT)],
    30,
  )
  const exposure = /Overall exposure level for quorumtime\.service: ([\d.]+)/.exec(output)?.[1]
  const [, told, toldVersion] = /exposure of \*\*([\d.]+)\*\* \(systemd (\d+);/.exec(guide) ?? []
  assert.ok(exposure !== undefined && told !== undefined, output)
  // Other versions of systemd count other things.
  if (version === toldVersion) assert.equal(exposure, told)
  else assert.ok(Number(exposure) <= 2, exposure)
})

test('the guide explains sentences that the agent says', () => {
  const [, table = ''] = /\| the sentence says \| what to do \|\n(.*?)\n\n/s.exec(guide) ?? []
  const source = findFiles(ROOT, ['src/**/*.ts'])
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n')
  const rows = table.split('\n').slice(1)
  const sentences = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]*\bexpected\b[^`]*)`/g)].map(([, text]) => text!),
  )
  assert.ok(sentences.length >= 10, `expected sentences in the table, got ${sentences.length}`)
  assert.deepEqual(
    sentences.filter((sentence) => !source.includes(sentence)),
    [],
  )
})
