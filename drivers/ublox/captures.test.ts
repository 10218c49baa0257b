import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { formatUtc, taiToUtc } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction, DriverFault, DriverStatus } from '../driver.ts'
import { ublox } from './index.ts'

/**
 * The recorded bytes of real receivers through the driver. gpsd's reading of the same bytes (`.log.chk`) is a second
 * opinion; where the two differ, the difference stands here with its reason.
 */

const captures = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
const folder = join(captures, 'gnss')
const present = existsSync(folder)
const skip = present ? false : `no recorded data at ${folder}`

interface Expected {
  readonly labels: number
  readonly valid: number
  readonly following: number
  readonly faults: Readonly<Record<string, number>>
  /** Seconds that gpsd reports and that no valid label names, and the other way round. */
  readonly gpsdOnly: readonly string[]
  readonly oursOnly: readonly string[]
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  // The recording begins with a line of gpsd's JSON and ends in the midst of a NAV-SAT. gpsd reports from its second epoch
  // on. The first TIM-TP comes before any epoch and numbers nothing; the last ones announce pulses after the last epoch. NAV-TIMELS changes its source after 30 epochs: GLONASS, then
  // unknown, and the count of 18 stands.
  'u-blox-m8t-time': {
    labels: 152,
    valid: 152,
    following: 151,
    faults: { 'ublox.cut-frame': 1, 'ublox.noise': 1 },
    gpsdOnly: ['2021-02-23T18:04:30'],
    oursOnly: ['2021-02-23T18:04:29', '2021-02-23T18:07:00', '2021-02-23T18:07:01'],
  },
  // Two epochs. gpsd takes the first time from an NMEA sentence four seconds before, in which there is no UBX yet.
  'ublox-lea-4t': {
    labels: 2,
    valid: 2,
    following: 1,
    faults: {},
    gpsdOnly: ['2009-01-28T20:35:40', '2009-01-28T20:35:44'],
    oursOnly: ['2009-01-28T20:35:43', '2009-01-28T20:35:45'],
  },
  // The very first NAV-PVT is not believed: its flags alone say that the leap seconds are known.
  'ublox-zed-f9t-ubx_nmea_l5': {
    labels: 10,
    valid: 9,
    following: 0,
    faults: {},
    gpsdOnly: [],
    oursOnly: ['2025-07-31T19:33:34'],
  },
}

// A suite that is skipped counts as no test at all.
if (!present) test('reads recorded bytes', { skip }, () => undefined)

describe('u-blox driver on recorded bytes', { skip }, () => {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    test(`accounts for every piece of ${name}`, () => {
      const { labels, faults, statuses } = replay(name)
      const details = statuses.at(-1)?.details
      const count = (key: string): number => Number(details?.[key])
      assert.equal(
        count('pieces'),
        ['framesUnderstood', 'framesOther', 'sentences', 'piecesRefused'].reduce((sum, key) => sum + count(key), 0),
      )
      assert.deepEqual(countByCode(faults), expected.faults)
      assert.equal(labels.length, expected.labels)
      assert.equal(labels.filter(({ valid }) => valid).length, expected.valid)
      assert.equal(labels.filter(({ names }) => names === 'following-pulse').length, expected.following)
    })

    test(`agrees with gpsd about ${name}`, () => {
      const ours = new Set(replay(name).labels.flatMap((label) => (label.valid ? [utcSecond(label)] : [])))
      const theirs = gpsdSeconds(name)
      assert.ok(theirs.size > 0)
      assert.deepEqual([...ours.difference(theirs)], expected.oursOnly)
      assert.deepEqual([...theirs.difference(ours)], expected.gpsdOnly)
    })
  }

  test('carries the sawtooth of an M8T, within the ten nanoseconds of its clock', () => {
    const late = replay('u-blox-m8t-time').labels.flatMap(({ pulseLatePs }) =>
      pulseLatePs === undefined ? [] : [pulseLatePs],
    )
    assert.equal(late.length, 151)
    assert.equal(late[0], -9862n)
    assert.ok(late.every((ps) => ps > -10_600n && ps < 10_600n))
  })

  test('knows the leap seconds of an M8T whose NAV-TIMELS forgets its source', () => {
    const { statuses } = replay('u-blox-m8t-time')
    const told = statuses.flatMap(({ taiMinusUtcSeconds }) =>
      taiMinusUtcSeconds === undefined ? [] : [taiMinusUtcSeconds],
    )
    assert.ok(told.length > 0)
    assert.deepEqual([...new Set(told)], [37])
    assert.deepEqual(statuses.findLast(({ quality }) => quality === 'locked')?.alarms, [])
  })
})

interface Replayed {
  readonly labels: readonly LabelSample[]
  readonly faults: readonly DriverFault[]
  readonly statuses: readonly DriverStatus[]
}

/** 64 bytes at a time, at the pace of 115200 baud; a minute later the driver gives up what is unfinished. */
function replay(name: string): Replayed {
  const options = ublox.parseOptions(ublox.recordingOptions, 'options')
  assert.ok(options.ok)
  const driver = ublox.create(options.value, { source: name, leapTable: EMBEDDED_LEAP_TABLE })
  const text = readFileSync(join(folder, `${name}.log`)).toString('latin1')
  const notes = /^(?:#[^\n]*\n)*/.exec(text)?.[0] ?? ''
  const bytes = Buffer.from(text.slice(notes.length), 'latin1')
  const actions: DriverAction[] = []
  let now: MonoNs = monoNs(NS_PER_SECOND)
  for (let start = 0; start < bytes.length; start += 64) {
    actions.push(...driver.receive(bytes.subarray(start, start + 64), now))
    now = plus(now, (64n * 10n * NS_PER_SECOND) / 115_200n)
  }
  actions.push(...driver.wake(plus(now, 60n * NS_PER_SECOND)))
  assert.deepEqual(
    actions.filter(({ type }) => type === 'write'),
    [],
    'a recording is not written to',
  )
  assert.equal(actions.filter(({ type }) => type === 'understood').length, 1)
  return {
    labels: actions.flatMap((it) => (it.type === 'sample' && it.sample.kind === 'label' ? [it.sample] : [])),
    faults: actions.flatMap((it) => (it.type === 'fault' ? [it.fault] : [])),
    statuses: actions.flatMap((it) => (it.type === 'status' ? [it.status] : [])),
  }
}

function countByCode(faults: readonly DriverFault[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of faults) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

function utcSecond(label: LabelSample): string {
  const utc = taiToUtc(EMBEDDED_LEAP_TABLE, label.taiNs)
  assert.ok(utc.ok)
  return formatUtc(utc.value).slice(0, 'yyyy-mm-ddThh:mm:ss'.length)
}

/** The seconds of the TPV reports with a fix. */
function gpsdSeconds(name: string): Set<string> {
  const seconds = new Set<string>()
  for (const line of readFileSync(join(folder, `${name}.log.chk`), 'latin1').split('\n')) {
    if (!line.startsWith('{"class":"TPV"')) continue
    const report = JSON.parse(line) as { mode?: number; time?: string }
    if ((report.mode ?? 0) >= 2 && report.time !== undefined) seconds.add(report.time.slice(0, 19))
  }
  return seconds
}
