import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { divFloor } from '../../src/core/integer.ts'
import type { LeapTable } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import { formatSentence } from '../nmea/sentence.ts'
import { encodeFrame, UBX } from './frame.ts'
import { ublox } from './index.ts'

const START_AT = monoNs(1_000n * NS_PER_SECOND + 123_456_789n)

interface Setup {
  readonly options?: Record<string, unknown>
  readonly at?: string
  readonly leapTable?: LeapTable
}

function open({ options = {}, at = '2026-01-15T12:00:00', leapTable = EMBEDDED_LEAP_TABLE }: Setup = {}) {
  const parsed = ublox.parseOptions(options, 'options')
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.fault.message)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf(at), leapTable })
  const emulator = ublox.emulate(parsed.value, 1, sky)
  const record = createLineRecord()
  const written: Uint8Array[] = []
  const line = createVirtualLine({
    createDriver: () => ublox.create(parsed.value, { source: 's', leapTable: sky.leapTable }),
    emulator,
    startAt: START_AT,
    hear(event) {
      record.hear(event)
      if (event.from === 'driver' && event.action.type === 'write') written.push(event.action.bytes)
    },
  })
  const run = (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND)
  const labels = () => record.samples.filter((sample) => sample.kind === 'label')
  const valid = () => labels().filter((label) => label.valid)
  const last = () => {
    const status = record.statuses.at(-1)
    assert.ok(status !== undefined)
    return status
  }
  /** No valid label names another second than the sky does. */
  const assertRight = (): void => {
    for (const { taiNs, names, firstByteAt } of valid()) {
      const second = divFloor(sky.skyTai(firstByteAt), NS_PER_SECOND) + (names === 'following-pulse' ? 1n : 0n)
      assert.equal(taiNs, second * NS_PER_SECOND)
    }
  }
  return { emulator, record, line, run, sky, written, labels, valid, last, assertRight }
}

const F9T = { emulator: { model: 'ZED-F9T', baudRate: 38_400 } }

describe('u-blox driver', () => {
  for (const [name, options] of [
    ['NEO-M8T', {}],
    ['ZED-F9T', F9T],
  ] as const) {
    test(`numbers the pulses of a ${name}, and tells by how much each is late`, () => {
      const bench = open({
        options: { ...options, emulator: { ...('emulator' in options ? options.emulator : {}), pulseNoiseNs: 0 } },
      })
      bench.run(60)
      bench.assertRight()
      const named = new Map(bench.valid().map(({ taiNs, pulseLatePs }) => [taiNs, pulseLatePs]))
      let compared = 0
      for (const at of bench.record.pulses) {
        const second = divFloor(bench.sky.skyTai(at) + NS_PER_SECOND / 2n, NS_PER_SECOND) * NS_PER_SECOND
        const latePs = named.get(bench.sky.skyTai(bench.sky.skyMono(second as never)))
        if (latePs === undefined) continue
        const measuredNs = bench.sky.skyTai(at) - second
        // Pulses of the emulator fall on whole nanoseconds.
        assert.ok(Math.abs(Number(latePs) / 1000 - Number(measuredNs)) <= 1, `${latePs} ps, measured ${measuredNs} ns`)
        compared += 1
      }
      assert.ok(compared > 40, `${compared} pulses compared`)
      assert.deepEqual(bench.record.faults, [])
      assert.match(bench.last().identity ?? '', new RegExp(`^u-blox ${name}`))
      assert.equal(bench.last().taiMinusUtcSeconds, 37)
    })
  }

  test('goes through an inserted leap second without a wrong label', () => {
    const bench = open({ at: '2016-12-31T23:59:20', options: { floorDate: null } })
    bench.run(90)
    bench.assertRight()
    assert.ok(bench.valid().length > 75, `${bench.valid().length} valid labels`)
    assert.deepEqual(bench.record.faults, [])
  })

  test('goes through a deleted leap second, which it has announced, without a wrong label', () => {
    const midnight = BigInt(Date.UTC(2026, 6, 1) / 1000)
    const entries = [...EMBEDDED_LEAP_TABLE.entries, { sinceUtcSecond: midnight, taiMinusUtcSeconds: 36 }]
    const leapTable = { ...EMBEDDED_LEAP_TABLE, entries, expiresAtUtcSecond: midnight + 86_400n * 365n }
    for (const options of [{}, { ...F9T, timePulse: 'gps' }]) {
      const bench = open({ at: '2026-06-30T23:59:20', leapTable, options })
      bench.run(30)
      assert.equal(bench.last().details['leapChangeSeconds'], -1)
      assert.ok(Number(bench.last().details['secondsToLeapChange']) <= 18)
      bench.run(60)
      bench.assertRight()
      assert.ok(bench.valid().length > 75, `${bench.valid().length} valid labels`)
      assert.deepEqual(bench.record.faults, [])
      assert.equal(bench.last().taiMinusUtcSeconds, 36)
      assert.equal(bench.last().details['leapChangeSeconds'], undefined)
    }
  })

  test('is right also where the pulse is on the grid of GPS', () => {
    for (const model of ['NEO-M8T', 'ZED-F9T']) {
      const bench = open({ options: { timePulse: 'gps', emulator: { model } } })
      bench.run(60)
      bench.assertRight()
      assert.equal(bench.last().details['timeBase'], 'gnss')
      assert.ok(bench.valid().length > 40)
    }
  })

  test('sets a receiver up that restarts while it is being set up', () => {
    for (const seconds of [2, 3, 4]) {
      const bench = open()
      bench.run(seconds)
      assert.ok(bench.emulator.setFault('restart', true).ok)
      bench.run(60)
      bench.assertRight()
      assert.deepEqual([bench.last().quality, bench.last().alarms], ['locked', []])
      assert.equal(bench.last().details['configuration'], 'set')
    }
  })

  test('believes nothing until the leap seconds are told, though all flags are set', () => {
    const bench = open({ options: F9T })
    bench.run(20)
    assert.ok(bench.emulator.setFault('wrong-leap', true).ok)
    bench.record.clear()
    bench.run(60)
    assert.ok(bench.labels().length > 30)
    bench.assertRight()
    // Before the restart is over, what came before it is still true.
    assert.ok(bench.valid().every(({ firstByteAt }) => firstByteAt < START_AT + 22n * NS_PER_SECOND))
    assert.match(bench.last().reasons?.['gnss.leap-unknown'] ?? '', /NAV-TIMELS: 16 leap seconds are the default/)
    assert.equal(bench.last().taiMinusUtcSeconds, undefined)
  })

  for (const [fault, alarm, isBelieved] of [
    ['no-fix', 'gnss.no-fix', false],
    ['stuck-second', 'ublox.stuck', false],
    ['rollover', 'ublox.week-rollover', false],
    ['rmc-ahead', 'ublox.disagree', false],
    ['pulse-misnumbered', 'ublox.disagree', false],
    ['jammed', 'gnss.jammed', false],
    ['spoofed', 'gnss.spoofing-indicated', false],
    ['antenna-open', 'gnss.antenna-open', false],
    ['interference', 'gnss.interference', true],
    ['uniform-signals', 'gnss.uniform-signal', true],
    ['antenna-moved', 'gnss.antenna-moved', true],
    ['silence', 'gnss.silent', undefined],
  ] as const) {
    test(`${fault}: alarm ${alarm}`, () => {
      const bench = open()
      bench.run(25)
      assert.ok(bench.emulator.setFault(fault, true).ok)
      bench.run(20)
      bench.record.clear()
      bench.run(20)
      assert.ok(bench.last().alarms.includes(alarm), bench.last().alarms.join(' '))
      assert.match(bench.last().reasons?.[alarm] ?? '', /\.$|got /)
      assert.equal(bench.valid().length > 0, isBelieved === true)
      if (isBelieved !== undefined) assert.ok(bench.labels().length >= 19)
      bench.assertRight()
    })
  }

  test('spoofing takes the lock from a receiver that has a fix', () => {
    const bench = open()
    bench.run(25)
    bench.emulator.setFault('spoofed', true)
    bench.run(5)
    assert.equal(bench.last().quality, 'unlocked')
  })

  test('repairs a week rollover under an alarm where that is wanted', () => {
    const bench = open({ options: { weekRollover: 'repair' } })
    bench.run(20)
    bench.emulator.setFault('rollover', true)
    bench.run(10)
    bench.record.clear()
    bench.run(30)
    bench.assertRight()
    assert.ok(bench.valid().length > 25)
    assert.deepEqual(bench.last().alarms, ['ublox.week-rollover-repaired'])
    assert.deepEqual(bench.record.faults, [])
  })

  test('says that it hears only NMEA when it may not set the receiver up, and gives no label', () => {
    const bench = open({ options: { configure: false } })
    bench.run(60)
    assert.deepEqual(bench.written, [])
    assert.deepEqual(bench.labels(), [])
    assert.deepEqual(bench.last().alarms, ['ublox.no-frames'])
  })

  test('says once that it understands, at the first good frame or sentence', () => {
    const sentence = formatSentence(['GNTXT', '01', '01', '02', 'HW UBX 00080000'])
    for (const bytes of [sentence, encodeFrame(UBX.timTp, new Uint8Array(16))]) {
      const parsed = ublox.parseOptions({}, 'options')
      assert.ok(parsed.ok)
      const driver = ublox.create(parsed.value, { source: 's', leapTable: EMBEDDED_LEAP_TABLE })
      const understood = () => driver.receive(bytes, START_AT).filter(({ type }) => type === 'understood').length
      assert.deepEqual([understood(), understood()], [1, 0])
    }
  })

  test('takes any bytes at any time', () => {
    const messages = fc.tuple(fc.constantFrom(...Object.values(UBX)), fc.uint8Array({ maxLength: 100 }))
    const parts = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      messages.map(([key, payload]) => encodeFrame(key, payload)),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(parts, fc.integer({ min: 0, max: 3000 })), { maxLength: 30 }), (steps) => {
        const parsed = ublox.parseOptions({}, 'options')
        assert.ok(parsed.ok)
        const driver = ublox.create(parsed.value, { source: 's', leapTable: EMBEDDED_LEAP_TABLE })
        let now = START_AT
        for (const [bytes, milliseconds] of steps) {
          now = monoNs(now + BigInt(milliseconds) * 1_000_000n)
          for (const action of [...driver.receive(bytes, now), ...driver.wake(now)]) {
            // Whatever chance makes of it, nothing of that is a time to be believed.
            assert.ok(action.type !== 'sample' || action.sample.kind !== 'label' || !action.sample.valid)
          }
        }
      }),
      { numRuns: 200 },
    )
  })
})
