import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openOutputs } from '../../src/agent/outputs.ts'
import { interval } from '../../src/core/interval.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { between, type MonoNs, taiNs } from '../../src/core/time.ts'
import type { ServedReading } from '../../src/fusion/served-clock.ts'
import { readClockPair } from '../../src/linux/clock.ts'
import { unwrap } from '../support/results.ts'
import { runCommand } from './command.ts'
import { missingPrograms, startDaemon } from './daemon.ts'

/** A real chronyd, which does not touch the clock (-x), is told the served time over SOCK and over shared memory. */

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-outputs-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The served time is so much later than the system's. */
const AHEAD_NS = 3_000_000n
const OFF_SECONDS_MAX = 0.000_05
const WAIT_SECONDS_MAX = 120
const READINGS = 5

/** A served clock that is always `AHEAD_NS` ahead of CLOCK_REALTIME. */
function served(now: MonoNs): ServedReading {
  const { monoNs, shownNs } = readClockPair()
  const tai = taiNs(shownNs + between(monoNs, now) + 37_000_000_000n + AHEAD_NS)
  const within = interval(tai - 10_000n, tai + 10_000n)
  return {
    monoNs: now,
    taiNs: tai,
    targetTaiNs: tai,
    interval: within,
    boundNs: 10_000n,
    origin: 'certified',
    flags: [],
  }
}

const missing =
  (await missingPrograms('chronyd', 'chronyc', 'setpriv', 'ipcrm')) || (process.getuid?.() !== 0 && 'expected root')

test('chronyd sees the served time where it is, over SOCK and over shared memory', { skip: missing }, async (t) => {
  const unit = 192 + (process.pid % 64)
  const socketPath = join(folder, 'quorumtime.sock')
  const commandSocket = join(folder, 'command', 'chronyd.sock')
  mkdirSync(join(folder, 'command'), { mode: 0o770 })
  const configuration = [
    `refclock SOCK ${socketPath} refid SOCK poll 0 filter 1 noselect`,
    `refclock SHM ${unit}:perm=0660 refid SHMM poll 0 filter 1 noselect`,
    'cmdport 0',
    'port 0',
    'user root',
    `bindcmdaddress ${commandSocket}`,
    `pidfile ${join(folder, 'chronyd.pid')}`,
  ]
  writeFileSync(join(folder, 'chrony.conf'), `${configuration.join('\n')}\n`)
  const daemon = startDaemon(t, 'chronyd', ['-x', '-d', '-f', join(folder, 'chrony.conf')])
  t.after(() => runCommand('ipcrm', ['-M', String(0x4e54_5030 + unit)], 10))
  const limits = { boundNsMax: 100_000, fallback: false }
  const outputs = unwrap(
    openOutputs(
      { chronySock: { path: socketPath, ...limits }, ntpShm: { unit, ...limits } },
      { clock: { served }, leapTable: EMBEDDED_LEAP_TABLE, report: () => undefined },
    ),
  )
  t.after(() => outputs.close())
  const seen = new Map<string, number[]>([
    ['SOCK', []],
    ['SHMM', []],
  ])
  const isLacking = (): boolean => [...seen.values()].some(({ length }) => length < READINGS)
  for (let waited = 0; waited < WAIT_SECONDS_MAX && isLacking(); waited++) {
    await sleep(1_000)
    const { output } = await runCommand('chronyc', ['-h', commandSocket, '-c', '-n', 'sources'], 10)
    for (const line of output.trim().split('\n')) {
      const [, , refid = '', , , reach = '', , , offset = ''] = line.split(',')
      // Three measurements, the newest of which this is.
      if (Number.parseInt(reach, 8) >= 7) seen.get(refid)?.push(Number(offset))
    }
  }
  for (const refid of ['SOCK', 'SHMM']) {
    const offsets = (seen.get(refid) ?? []).sort((a, b) => a - b)
    // The middle one: what a process that was just held up says is off by as much.
    const offsetSeconds = offsets[offsets.length >> 1]
    t.diagnostic(`${refid}: chronyd sees ${offsetSeconds} s`)
    assert.ok(offsetSeconds !== undefined, `${refid}\n${daemon.output()}\n${JSON.stringify(outputs.describe())}`)
    // Negative: the system's clock is behind.
    const offBySeconds = offsetSeconds + Number(AHEAD_NS) / 1e9
    assert.ok(Math.abs(offBySeconds) <= OFF_SECONDS_MAX, `${refid}: ${offBySeconds} s off`)
  }
})
