import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { families } from '../../drivers/index.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { emulateUnit } from '../../src/cli/emulated-unit.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { quorumtime } from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-record-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** An instrument of a kind on a pty of this process; the path of the pty. */
function plugIn(t: TestContext, kind: string): string {
  const family = families.find((each) => each.kind === kind)
  assert.ok(family !== undefined)
  const sky = unwrap(createWorld(EMBEDDED_LEAP_TABLE)).sky(readMonoNs(), 0n)
  const unit = { family, options: unwrap(family.parseOptions({}, 'options')), seed: 1, sky }
  const instrument = unwrap(emulateUnit(unit)(() => undefined))
  t.after(() => instrument.close())
  return instrument.ptyPath
}

test('a receiver is recorded with where it is from, and replayed', async (t) => {
  const out = join(folder, 'receiver.log')
  const told = ['--instrument', 'Emulated receiver', '--firmware', '1.0', '--by', 'A. Meier', '--note', 'synthetic']
  const where = ['--device', plugIn(t, 'nmea-receiver'), '--out', out]
  const { code, stdout, stderr } = await quorumtime('record', ...where, '--seconds', '6', ...told)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /receiver\.log: \d+ bytes, ended by 6 s\n$/)
  const head = readFileSync(out, 'latin1').split('\n', 12)
  for (const line of ['# instrument: Emulated receiver', '# firmware: 1.0', '# by: A. Meier', '# line: 9600 8N1']) {
    assert.ok(head.includes(line), `expected ${line} in ${head.join('\n')}`)
  }
  const replayed = await quorumtime('replay', '--driver', 'nmea-receiver', out, '--json')
  const summary = JSON.parse(replayed.stdout.trim().split('\n').at(-1) ?? '') as { samples: number }
  assert.ok(summary.samples > 0, replayed.stdout)
})

test('an instrument that says nothing unasked is asked by its driver, and both sides are written down', async (t) => {
  const out = join(folder, 'smartclock.log')
  const device = plugIn(t, 'smartclock')
  const where = ['--device', device, '--driver', 'smartclock', '--out', out]
  const { code, stdout, stderr } = await quorumtime('record', ...where, '--bytes', '120', '--json')
  assert.equal(code, 0, stderr)
  const result = JSON.parse(stdout) as { bytes: number; reason: string }
  assert.deepEqual([result.bytes, result.reason], [120, '120 bytes'])
  assert.match(readFileSync(out, 'latin1'), /Z3805A|58503A|HEWLETT|SYMMETRICOM/)
  const asked = `> ${Buffer.from('*IDN?\r').toString('hex')}`
  assert.ok(readFileSync(`${out}.arrivals`, 'latin1').includes(asked))
})

test('a device that is not there leaves no file behind', async () => {
  const out = join(folder, 'nothing.log')
  const { code, stderr } = await quorumtime('record', '--device', '/dev/no-such-device', '--out', out)
  assert.equal(code, 1)
  assert.match(stderr, /^quorumtime: \/dev\/no-such-device at 9600 8N1: expected to open it, got /)
  assert.ok(!existsSync(out) && !existsSync(`${out}.arrivals`))
})
