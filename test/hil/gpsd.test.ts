import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DriverFamily } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { createEmulatedLine } from '../../drivers/line/emulated-line.ts'
import { freePorts } from '../../src/cli/demo/ports.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { formatUtc, taiToUtc } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { TaiNs } from '../../src/core/time.ts'
import { hostEmulator } from '../../src/device/emulated-instrument.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { unwrap } from '../support/results.ts'
import { missingPrograms, startDaemon } from './daemon.ts'
import { GPSD_CASES, type GpsdCase } from './gpsd-cases.ts'
import { tapEmulator } from './tapped-emulator.ts'

/**
 * An independent eye on the emulators: Debian's gpsd opens their ptys and dates what they say, while our driver listens on
 * the same line. gpsd's own start of the calendar and its leap seconds are of no weight here: the sky is of today.
 */

const EPOCHS_MIN = 8
const WAIT_SECONDS_MAX = 90
const ROLLOVER_MS = 1024 * 7 * 86_400_000

interface Report {
  readonly class: string
  readonly time?: string
  readonly mode?: number
  readonly driver?: string
  readonly devices?: readonly { readonly driver?: string }[]
}

function familyOf(kind: string): DriverFamily<unknown> | undefined {
  return families.find((family) => family.kind === kind)
}

/** The emulator on a pty, with our driver listening; the UTC of every label that it believes. */
function standUp(
  t: TestContext,
  family: DriverFamily<unknown>,
  { options, settings }: GpsdCase,
  faults: readonly string[],
) {
  const sky = unwrap(createWorld(EMBEDDED_LEAP_TABLE)).sky(readMonoNs(), 0n)
  const checked = unwrap(family.parseOptions(options, 'options'))
  const line = settings ?? family.serial
  const emulator = createEmulatedLine({
    create: (start) => family.emulate(checked, 1 + start, sky),
    settings: line,
    seed: 1,
  })
  for (const fault of faults) unwrap(emulator.setFault(fault, true))
  const driver = family.create(checked, { source: 'source0', leapTable: EMBEDDED_LEAP_TABLE })
  const dated = new Set<string>()
  const tapped = tapEmulator(emulator, driver, (sample) => {
    if (sample.kind === 'time' || sample.valid) dated.add(utcOf(sample.taiNs))
  })
  const instrument = unwrap(hostEmulator({ emulator: tapped, line }, () => undefined))
  t.after(() => instrument.close())
  return { path: instrument.ptyPath, dated }
}

function utcOf(tai: TaiNs): string {
  return formatUtc(unwrap(taiToUtc(EMBEDDED_LEAP_TABLE, tai))).slice(0, 19)
}

/** What gpsd says at its port, from now on. */
async function watch(t: TestContext, port: number): Promise<Report[]> {
  for (let tries = 0; ; tries++) {
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    if (connected) {
      const reports: Report[] = []
      createInterface({ input: socket }).on('line', (text) => reports.push(JSON.parse(text) as Report))
      socket.write('?WATCH={"enable":true,"json":true};\n')
      return reports
    }
    assert.ok(tries < 600, 'expected gpsd to listen')
    await sleep(100)
  }
}

const missing = await missingPrograms('gpsd', 'setpriv')

/** What these tests do is wait: five at a time. */
describe('gpsd dates as we do', { concurrency: 5, skip: missing }, () => {
  for (const each of GPSD_CASES) {
    const family = familyOf(each.kind)
    if (family !== undefined) test(each.name, (t) => datesAlike(t, family, each))
  }
})

/** Both listen to the instrument: gpsd's times as they come, and our driver's. */
async function listen(t: TestContext, family: DriverFamily<unknown>, each: GpsdCase, faults: readonly string[] = []) {
  const { path, dated } = standUp(t, family, each, faults)
  const [ports] = await freePorts(1)
  assert.ok(ports !== undefined)
  const port = String(ports.clusterPort)
  const speed = String((each.settings ?? family.serial)?.baudRate ?? 9600)
  const daemon = startDaemon(t, 'gpsd', ['-N', '-n', '-D', '2', '-S', port, '-s', speed, path])
  const reports = await watch(t, Number(port))
  const times = (): readonly string[] => [
    ...new Set(reports.flatMap((report) => (report.class === 'TPV' && report.time !== undefined ? [report.time] : []))),
  ]
  const drivers = (): readonly (string | undefined)[] =>
    reports.flatMap(({ driver, devices = [] }) => [driver, ...devices.map((device) => device.driver)])
  const until = async (isEnough: () => boolean): Promise<void> => {
    for (let waited = 0; waited < WAIT_SECONDS_MAX * 10 && !isEnough(); waited++) await sleep(100)
  }
  return { dated, times, drivers, until, output: daemon.output }
}

async function datesAlike(t: TestContext, family: DriverFamily<unknown>, each: GpsdCase): Promise<void> {
  const { dated, times, drivers, until, output } = await listen(t, family, each)
  const agreed = (): readonly string[] => times().filter((time) => dated.has(time.slice(0, 19)))
  await until(() => agreed().length >= EPOCHS_MIN)
  t.diagnostic(
    `${each.name}: ${agreed().length} of ${times().length} epochs dated alike, gpsd's driver ${drivers().findLast((name) => name !== undefined)}`,
  )
  assert.ok(agreed().length >= EPOCHS_MIN, `gpsd: ${times().join(' ')}\nours: ${[...dated].join(' ')}\n${output()}`)
  // What came before our driver believed anything, and what gpsd reads ahead of it, is not ours to compare.
  const [first = ''] = dated
  const last = [...dated].at(-1) ?? ''
  const strange = times().filter((time) => {
    const second = time.slice(0, 19)
    return second >= first && second <= last && !dated.has(second)
  })
  assert.deepEqual(strange, [])
}

/**
 * Where the two differ, and should: a date 1024 weeks early gpsd either moves to its own start of the calendar without a
 * word (NMEA) or believes (the UTC of UBX); our driver believes none of it.
 */
describe('a week rollover is no date of ours, whatever gpsd makes of it', { concurrency: 2, skip: missing }, () => {
  for (const kind of ['nmea-receiver', 'ublox']) {
    const family = familyOf(kind)
    const each = GPSD_CASES.find((known) => known.kind === kind)
    if (family === undefined || each === undefined) continue
    test(each.name, async (t) => {
      const { dated, times, until, output } = await listen(t, family, each, ['rollover'])
      await until(() => times().length >= EPOCHS_MIN)
      assert.ok(times().length >= EPOCHS_MIN, output())
      const early = times().filter((time) => Date.parse(time) < Date.now() - ROLLOVER_MS / 2)
      t.diagnostic(`${each.name}: gpsd believed ${early.length} of ${times().length} dates, and moved the others`)
      for (const time of times()) {
        const offMs = Date.now() - Date.parse(time)
        assert.ok(Math.min(Math.abs(offMs), Math.abs(offMs - ROLLOVER_MS)) < WAIT_SECONDS_MAX * 1000, time)
      }
      assert.deepEqual([...dated], [])
    })
  }
})

test('every family of receivers that gpsd knows was tried', () => {
  assert.ok(GPSD_CASES.some(({ kind }) => familyOf(kind) !== undefined))
})
