import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { formatUtc, taiToUtc } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction, DriverFault, DriverStatus } from '../driver.ts'
import { NOISE_BYTES_MAX } from '../nmea/framer.ts'
import { nmeaReceiver } from './index.ts'

/**
 * The recorded bytes of real receivers through the driver, as `quorumtime replay` sends them. gpsd's reading of the
 * same bytes (`.log.chk`) is a second opinion; where the two differ, the difference stands here with its reason.
 */

const captures = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
const folder = join(captures, 'gnss')
const present = existsSync(folder)
const skip = present ? false : `no recorded data at ${folder}`

interface Expected {
  readonly labels: number
  readonly valid: number
  /** How many faults of each code. */
  readonly faults: Readonly<Record<string, number>>
  /** Seconds that gpsd reports with a fix and that are no valid label here, and the other way round. */
  readonly gpsdOnly?: readonly string[]
  readonly oursOnly?: readonly string[]
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  // One RMC with the year -1, one of 1999: the week counter rolled over.
  april6_2019: { labels: 1, valid: 1, faults: { 'nmea.field': 1 } },
  // Every GGA has an empty quality and a checksum that is off by 02, as if the quality had gone out as a raw byte 2.
  'firefly-II': { labels: 46, valid: 46, faults: { 'nmea.checksum': 23 } },
  // Sixteen seconds of RMC and ZDA, fifteen of PERDCRW.
  furuno_gl_ga: { labels: 47, valid: 47, faults: {} },
  // A restart tears many sentences. One torn GSV has a right checksum by chance: its fields give it away.
  'gp-320fw-2019-04-07-coldboot': {
    labels: 23,
    valid: 1,
    faults: { 'nmea.checksum': 33, 'nmea.checksum-missing': 3, 'nmea.cut': 3, 'nmea.field': 1, 'nmea.noise': 6 },
  },
  // Twelve labels are of PTNTA, in GPS time. One sentence is torn by an injected one, after a note of the recorder's. gpsd had not finished the last
  // second when its input ended.
  isync: {
    labels: 35,
    valid: 35,
    faults: { 'nmea.cut': 1, 'nmea.noise': 2 },
    oursOnly: ['2016-02-03T13:15:30'],
  },
  'jl-micro-jlt': { labels: 8, valid: 8, faults: {} },
  // Twenty seconds without a fix in the middle.
  'meinberg-gps164': { labels: 90, valid: 70, faults: {} },
  // Ten epochs a second: those past the middle of a second number no pulse.
  'nmea-fuzzy-cases': {
    labels: 14,
    valid: 6,
    faults: {},
    gpsdOnly: ['2020-03-18T13:28:20', '2020-03-18T13:28:21', '2020-03-18T13:28:29'],
  },
  // UBX before, between and after the nine bursts. gpsd reports from its second cycle on.
  'ublox-zed-f9t-ubx_nmea_l5': {
    labels: 18,
    valid: 18,
    faults: { 'nmea.noise': 10 },
    oursOnly: ['2025-07-31T19:33:34'],
  },
  'unicore-um621': { labels: 20, valid: 16, faults: {} },
}

// A suite that is skipped counts as no test at all.
if (!present) test('reads recorded bytes', { skip }, () => undefined)

describe('NMEA receiver on recorded bytes', { skip }, () => {
  const names = present ? readdirSync(folder).flatMap((file) => (file.endsWith('.log') ? [file.slice(0, -4)] : [])) : []

  test('every expected recording is there', () => {
    assert.deepEqual(
      Object.keys(EXPECTED).filter((name) => !names.includes(name)),
      [],
    )
  })

  for (const name of names) {
    const expected = EXPECTED[name]
    test(`accounts for every piece of ${name}`, () => {
      const replayed = replay(name, null)
      assertReconciled(replayed)
      if (expected !== undefined) {
        assert.deepEqual(countByCode(replayed.faults), expected.faults)
        assert.equal(replayed.labels.length, expected.labels)
        assert.equal(replayed.labels.filter((label) => label.valid).length, expected.valid)
        return
      }
      // Binary protocols: nothing but noise, reported by the run and not by the byte.
      assert.deepEqual(Object.keys(countByCode(replayed.faults)), ['nmea.noise'])
      assert.ok(replayed.faults.length <= replayed.bytes / NOISE_BYTES_MAX + 1)
      assert.deepEqual(replayed.labels, [])
    })
    if (expected === undefined) continue
    test(`agrees with gpsd about ${name}`, () => {
      const ours = new Set(replay(name, null).labels.flatMap((label) => (label.valid ? [utcSecond(label)] : [])))
      const theirs = gpsdSeconds(name)
      assert.ok(theirs.size > 0)
      assert.deepEqual([...ours.difference(theirs)], expected.oursOnly ?? [])
      assert.deepEqual([...theirs.difference(ours)], expected.gpsdOnly ?? [])
    })
  }

  test('no label before the floor date is valid, and each says so', () => {
    const { labels, faults } = replay('april6_2019', '2019-01-01')
    assert.deepEqual(
      labels.map((label) => [utcSecond(label), label.valid]),
      [['1999-08-22T00:02:31', false]],
    )
    assert.match(faults.at(-1)?.message ?? '', /^GPRMC: .* got 1999-08-22 \(1024-week repair: 2019-04-07\)$/)
    assert.equal(faults.at(-1)?.line, 16)
  })

  test('reads the health of a multi-constellation receiver', () => {
    const { statuses } = replay('unicore-um621', null)
    const lost = statuses.find((status) => status.alarms.includes('gnss.no-fix'))
    // The epoch 00:07:06: GP 13, GL 7, GB 14 and GA 9 in view by the fullest GSV group of each, none used.
    assert.equal(lost?.quality, 'unlocked')
    assert.equal(lost?.details['satellitesVisible'], 43)
    const regained = statuses.findLast((status) => status.quality === 'locked')
    assert.deepEqual(regained?.alarms, [])
  })
})

interface Replayed {
  readonly bytes: number
  readonly labels: readonly LabelSample[]
  readonly faults: readonly DriverFault[]
  readonly statuses: readonly DriverStatus[]
}

/** 64 bytes at a time, at the pace of 115200 baud; a minute later the driver gives up what is unfinished. */
function replay(name: string, floorDate: string | null): Replayed {
  const options = nmeaReceiver.parseOptions({ floorDate }, 'options')
  assert.ok(options.ok)
  const driver = nmeaReceiver.create(options.value, { source: name, leapTable: EMBEDDED_LEAP_TABLE })
  const bytes = withoutNotes(readFileSync(join(folder, `${name}.log`)))
  const actions: DriverAction[] = []
  let now: MonoNs = monoNs(NS_PER_SECOND)
  for (let start = 0; start < bytes.length; start += 64) {
    actions.push(...driver.receive(bytes.subarray(start, start + 64), now))
    now = plus(now, (64n * 10n * NS_PER_SECOND) / 115_200n)
  }
  actions.push(...driver.wake(plus(now, 60n * NS_PER_SECOND)))
  return {
    bytes: bytes.length,
    labels: actions.flatMap((it) => (it.type === 'sample' && it.sample.kind === 'label' ? [it.sample] : [])),
    faults: actions.flatMap((it) => (it.type === 'fault' ? [it.fault] : [])),
    statuses: actions.flatMap((it) => (it.type === 'status' ? [it.status] : [])),
  }
}

/** The recorder's leading lines emptied but kept, so that line numbers are those of the file. */
function withoutNotes(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1')
  const notes = /^(?:#[^\n]*\n)*/.exec(text)?.[0] ?? ''
  return Buffer.from(notes.replaceAll(/[^\n]/g, '') + text.slice(notes.length), 'latin1')
}

function assertReconciled({ labels, faults, statuses }: Replayed): void {
  const details = statuses.at(-1)?.details
  assert.ok(details !== undefined)
  const count = (name: string): number => Number(details[name])
  const parts = ['labels', 'sentencesWithoutTime', 'sentencesHealth', 'sentencesOther', 'piecesRefused']
  assert.equal(
    count('pieces'),
    parts.reduce((sum, part) => sum + count(part), 0),
  )
  assert.equal(count('labels'), labels.length)
  assert.equal(count('faults'), faults.length)
  assert.ok(faults.every((fault) => fault.line !== undefined))
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
