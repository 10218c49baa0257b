import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { divFloor } from '../../src/core/integer.ts'
import { formatUtc, taiToUtc } from '../../src/core/leap.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import { nmeaReceiver } from './index.ts'
import { DIALECTS } from './options.ts'

/** The emulated receivers of each maker against the driver: what their own sentences change. */

const START_AT = monoNs(500n * NS_PER_SECOND)

function open(driverOptions: object, emulator: object = driverOptions, startsAt = '2026-01-15T12:00:00') {
  const said = nmeaReceiver.parseOptions(emulator, 'options')
  const heard = nmeaReceiver.parseOptions(driverOptions, 'options')
  assert.ok(said.ok && heard.ok)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf(startsAt) })
  const instrument = nmeaReceiver.emulate(said.value, 1, sky)
  const record = createLineRecord()
  const line = createVirtualLine({
    createDriver: () => nmeaReceiver.create(heard.value, { source: 'gnss0', leapTable: sky.leapTable }),
    emulator: instrument,
    startAt: START_AT,
    hear: record.hear,
  })
  const run = (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND)
  const labels = (): LabelSample[] => record.samples.filter((sample) => sample.kind === 'label')
  return { record, run, labels, sky, instrument, status: () => record.statuses.at(-1) }
}

/** Ten seconds as they should be, one in which the fault shows, and ten under it. */
function underFault(dialect: (typeof DIALECTS)[number], fault: string, driver: object = {}) {
  const bench = open(driver, { emulator: { dialect, baudRate: 38_400 } })
  bench.run(10)
  assert.ok(bench.instrument.setFault(fault, true).ok)
  bench.run(1)
  bench.record.clear()
  bench.run(40)
  return { ...bench, valid: bench.labels().filter(({ valid }) => valid) }
}

describe('NMEA receivers with sentences of their own', () => {
  for (const dialect of DIALECTS) {
    test(`of the dialect ${dialect} tell the time, and nothing is wrong with them`, () => {
      const { record, run, labels, sky, status } = open({ emulator: { dialect, baudRate: 38_400 } })
      run(5)
      record.clear()
      run(30)
      assert.deepEqual(record.faults, [])
      assert.deepEqual([status()?.quality, status()?.alarms], ['locked', []])
      assert.ok(labels().length >= 60)
      for (const label of labels()) {
        assert.ok(label.valid)
        assert.equal(label.taiNs, divFloor(sky.skyTai(label.firstByteAt), NS_PER_SECOND) * NS_PER_SECOND)
      }
    })
  }

  test('are not believed while their leap seconds are the firmware', () => {
    for (const dialect of ['ublox', 'furuno'] as const) {
      const { valid, status } = underFault(dialect, 'leap-unknown')
      assert.equal(valid.length, 0)
      assert.ok(status()?.alarms.includes('gnss.leap-unknown'), dialect)
      assert.equal(status()?.taiMinusUtcSeconds, undefined)
    }
    for (const dialect of ['garmin', 'furuno-gt80'] as const) {
      const { valid, status } = underFault(dialect, 'leap-unknown')
      assert.equal(valid.length, 0)
      assert.ok(status()?.alarms.includes('gnss.leap-mismatch'), dialect)
      assert.match(
        status()?.reasons?.['gnss.leap-mismatch'] ?? '',
        /^expected 18 leap seconds since 1980 by .+, got 16$/,
      )
    }
  })

  test('tell how many leap seconds there are, once satellites have told them', () => {
    const { run, status } = open({ emulator: { dialect: 'ublox' } })
    run(5)
    assert.equal(status()?.taiMinusUtcSeconds, 37)
  })

  test('that tell GPS time for UTC are found out, by GPS week and second or by a sentence that is declared', () => {
    for (const [dialect, alarm] of [
      ['garmin', 'nmea.week-mismatch'],
      ['furuno', 'gnss.leap-unknown'],
      ['isync', 'nmea.timescale'],
    ] as const) {
      const { valid, status } = underFault(dialect, 'gps-time')
      assert.equal(valid.length, 0)
      assert.ok(status()?.alarms.includes(alarm), dialect)
    }
  })

  test('that are declared to tell GPS time or that of Moscow are read so', () => {
    for (const timescale of ['gps', 'glonass'] as const) {
      const { run, labels, sky, record } = open({ timescale })
      run(10)
      assert.deepEqual(record.faults, [])
      assert.ok(labels().filter(({ valid }) => valid).length >= 16)
      for (const { taiNs, firstByteAt, valid } of labels()) {
        if (valid) assert.equal(taiNs, divFloor(sky.skyTai(firstByteAt), NS_PER_SECOND) * NS_PER_SECOND)
      }
    }
  })

  test('contradict a wrong declaration of PTNTA', () => {
    const { run, labels, status } = open({ ptntaTimescale: 'utc' }, { emulator: { dialect: 'isync' } })
    run(20)
    assert.ok(status()?.alarms.includes('nmea.timescale'))
    assert.match(status()?.reasons?.['nmea.timescale'] ?? '', /which is as far off as gps time is from UTC$/)
    assert.ok(
      labels()
        .slice(4)
        .every(({ valid }) => !valid),
    )
  })

  test('with an oscillator go into holdover without a fix, and are not believed then', () => {
    for (const [dialect, alarm] of [
      ['isync', 'spectratime.holdover'],
      ['jackson-labs', 'jackson-labs.holdover'],
    ] as const) {
      const { valid, status, labels } = underFault(dialect, 'no-fix')
      assert.equal(valid.length, 0)
      assert.deepEqual([status()?.quality, status()?.dependsOn], ['holdover', 'own'])
      assert.ok(status()?.alarms.includes(alarm))
      assert.ok(labels().every(({ quality }) => quality === 'holdover'))
    }
  })

  test('tell of jamming and of a pulse that is off', () => {
    for (const dialect of ['furuno', 'jackson-labs'] as const) {
      assert.ok(underFault(dialect, 'jamming').status()?.alarms.includes('gnss.jammed'), dialect)
    }
    assert.deepEqual(underFault('furuno', 'pulse-off').status()?.alarms, ['gnss.pulse-off'])
  })

  test('tell by how much each pulse is late, and it is as late as that', () => {
    const { record, run, labels, sky } = open({
      emulator: { dialect: 'skytraq', pulseSawtoothNs: 20, pulseNoiseNs: 0, baudRate: 38_400 },
    })
    run(60)
    const corrected = labels().filter(({ pulseLatePs }) => pulseLatePs !== undefined)
    assert.ok(corrected.length >= 55, `${corrected.length} corrections`)
    for (const { taiNs, pulseLatePs = 0n } of corrected) {
      const lateNs = record.pulses.map((at) => sky.skyTai(at) - taiNs).find((ns) => ns > -1000n && ns < 1000n)
      assert.ok(lateNs !== undefined)
      assert.ok(Math.abs(Number(pulseLatePs) / 1000 - Number(lateNs)) <= 1, `${pulseLatePs} ps for ${lateNs} ns`)
    }
  })

  test('with dates 1024 weeks early are repaired where that is configured, and never in silence', () => {
    const bench = open({ weekRollover: 'repair' })
    assert.ok(bench.instrument.setFault('rollover', true).ok)
    bench.run(30)
    const { labels, sky, status, record } = bench
    assert.deepEqual(record.faults, [])
    assert.deepEqual(status()?.alarms, ['nmea.week-rollover-repaired'])
    const valid = labels().filter((label) => label.valid)
    assert.ok(valid.length >= 50)
    for (const label of valid) {
      assert.equal(label.taiNs, divFloor(sky.skyTai(label.firstByteAt), NS_PER_SECOND) * NS_PER_SECOND)
    }
    assert.ok(!nmeaReceiver.parseOptions({ weekRollover: 'repair', floorDate: null }, 'options').ok)
  })

  for (const [leapSecond, seconds] of [
    ['sixty', ['23:59:58', '23:59:59', '23:59:60', '00:00:00', '00:00:01', '00:00:02']],
    ['fifty-nine-twice', ['23:59:58', '23:59:59', '00:00:00', '00:00:01', '00:00:02']],
    ['zero-twice', ['23:59:58', '23:59:59']],
  ] as const) {
    test(`are never a second off around a leap second that they tell as ${leapSecond}`, () => {
      const options = { floorDate: null, emulator: { leapSecond, sentences: ['RMC'] } }
      const { run, labels, sky } = open(options, options, '2016-12-31T23:59:30')
      run(34)
      const valid = labels().filter((label) => label.valid)
      for (const label of valid) {
        assert.equal(label.taiNs, divFloor(sky.skyTai(label.firstByteAt), NS_PER_SECOND) * NS_PER_SECOND)
      }
      const told = valid.map(({ taiNs }) => {
        const utc = taiToUtc(sky.leapTable, taiNs)
        return utc.ok ? formatUtc(utc.value).slice(11, 19) : ''
      })
      assert.deepEqual(told.slice(told.indexOf('23:59:58')), seconds)
    })
  }
})
