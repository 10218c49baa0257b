import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EmulatorContext } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { emulateUnit } from '../../src/cli/emulated-unit.ts'
import { realtimeToTai } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { plus } from '../../src/core/time.ts'
import { readClockPair, readMonoNs } from '../../src/linux/clock.ts'
import { unwrap } from '../support/results.ts'
import { runCommand } from './command.ts'
import { type Daemon, missingPrograms, startDaemon } from './daemon.ts'

/**
 * An independent eye on the pulses: a chronyd that does not touch the clock (-x) measures them over its SOCK reference
 * clock. None is selected, so that chronyd's own idea of the time stays that of the system, from which the skies come.
 */

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-chronyd-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const AHEAD_NS = 2_000_000n
/** What a locked instrument's pulse, its noise and two readings of the clock may add up to. */
const OFF_SECONDS_MAX = 0.000_02
const REACH_ALL = 0o377
const WAIT_SECONDS_MAX = 180
/** Of each, while all of its last eight have come. */
const READINGS = 5

interface Refclock {
  readonly refid: string
  readonly kind: string
  readonly sky: EmulatorContext
  /** Where chronyd should see it: negative, the system's clock is behind. */
  readonly offsetSeconds: number
}

/** The reference clocks as `chronyc -c sources` shows them: by refid, how many of the last eight came, and the offset. */
async function readSources(commandSocket: string) {
  const { output } = await runCommand('chronyc', ['-h', commandSocket, '-c', '-n', 'sources'], 10)
  return new Map(
    output
      .trim()
      .split('\n')
      .map((line) => line.split(','))
      .map(([, , refid = '', , , reach = '', , offset = '']) => [
        refid,
        { reach: Number.parseInt(reach, 8), offsetSeconds: Number(offset) },
      ]),
  )
}

function startChronyd(t: TestContext, refclocks: readonly Refclock[]): { daemon: Daemon; commandSocket: string } {
  const commandSocket = join(folder, 'command', 'chronyd.sock')
  mkdirSync(join(folder, 'command'), { mode: 0o770 })
  const configuration = [
    ...refclocks.map(({ refid }) => `refclock SOCK ${sockPath(refid)} refid ${refid} poll 0 filter 1 noselect`),
    // Without an idea of the second chronyd ignores pulses.
    'local stratum 10',
    'cmdport 0',
    'port 0',
    'user root',
    `bindcmdaddress ${commandSocket}`,
    `pidfile ${join(folder, 'chronyd.pid')}`,
  ]
  writeFileSync(join(folder, 'chrony.conf'), `${configuration.join('\n')}\n`)
  return { daemon: startDaemon(t, 'chronyd', ['-x', '-d', '-f', join(folder, 'chrony.conf')]), commandSocket }
}

function sockPath(refid: string): string {
  return join(folder, `${refid}.sock`)
}

/** By how much the system's clock is ahead of the sky, which was level with it once: somebody may steer it. */
function systemAheadSeconds(sky: EmulatorContext): number {
  const { monoNs, shownNs } = readClockPair()
  return Number(unwrap(realtimeToTai(sky.leapTable, shownNs)) - sky.skyTai(monoNs)) / 1e9
}

const missing =
  (await missingPrograms('chronyd', 'chronyc', 'setpriv')) || (process.getuid?.() !== 0 && 'expected root')

test('chronyd takes the pulses of every family, and sees a sky that is ahead as ahead', {
  skip: missing,
}, async (t) => {
  const sky = unwrap(createWorld(EMBEDDED_LEAP_TABLE)).sky(readMonoNs(), 0n)
  const ahead: EmulatorContext = {
    leapTable: sky.leapTable,
    skyTai: (at) => plus(sky.skyTai(at), AHEAD_NS),
    skyMono: (tai) => sky.skyMono(plus(tai, -AHEAD_NS)),
  }
  const refclocks: readonly Refclock[] = [
    ...families.map(({ kind }, index) => ({ refid: `F${index}`, kind, sky, offsetSeconds: 0 })),
    { refid: 'LATE', kind: 'nmea-receiver', sky: ahead, offsetSeconds: -Number(AHEAD_NS) / 1e9 },
  ]
  const { daemon, commandSocket } = startChronyd(t, refclocks)
  for (const { refid, kind, sky: own } of refclocks) {
    const family = families.find((each) => each.kind === kind)
    assert.ok(family !== undefined)
    const unit = {
      family,
      options: unwrap(family.parseOptions({}, kind)),
      seed: 1,
      sky: own,
      sockPath: sockPath(refid),
    }
    const instrument = unwrap(emulateUnit(unit)(() => undefined))
    t.after(() => instrument.close())
  }
  const seen = new Map(refclocks.map(({ refid }) => [refid, [] as number[]]))
  const isLacking = (): boolean => [...seen.values()].some(({ length }) => length < READINGS)
  for (let waited = 0; waited < WAIT_SECONDS_MAX && isLacking(); waited++) {
    await sleep(1000)
    const sources = await readSources(commandSocket)
    const aheadSeconds = systemAheadSeconds(sky)
    for (const [refid, offsets] of seen) {
      const source = sources.get(refid)
      if (source?.reach === REACH_ALL) offsets.push(source.offsetSeconds - aheadSeconds)
    }
  }
  for (const { refid, kind, offsetSeconds } of refclocks) {
    const offsets = (seen.get(refid) ?? []).sort((a, b) => a - b)
    t.diagnostic(`${kind}: reached ${offsets.length} times, offset ${offsets[offsets.length >> 1]} s`)
    assert.ok(offsets.length >= READINGS, `${kind}\n${daemon.output()}`)
    // The middle one: a pulse that was told by a process that was just held up is off by as much.
    const offBySeconds = (offsets[offsets.length >> 1] ?? Number.NaN) - offsetSeconds
    assert.ok(Math.abs(offBySeconds) <= OFF_SECONDS_MAX, `${kind}: ${offBySeconds} s off`)
  }
})
