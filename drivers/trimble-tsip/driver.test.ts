import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/core/bytes.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import type { DriverStatus } from '../driver.ts'
import { createTsipFramer, encodePacket } from './framing.ts'
import { trimbleTsip } from './index.ts'
import { MODELS } from './models.ts'

const START_AT = monoNs(500n * NS_PER_SECOND)

function open(input: object = {}, utc = '2026-01-15T12:00:00') {
  const options = trimbleTsip.parseOptions(input, 'options')
  assert.ok(options.ok, options.ok ? '' : options.fault.message)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf(utc) })
  const emulator = trimbleTsip.emulate(options.value, 1, sky)
  const record = createLineRecord()
  const written: Uint8Array[] = []
  const line = createVirtualLine({
    createDriver: () => trimbleTsip.create(options.value, { source: 'gnss0', leapTable: sky.leapTable }),
    emulator,
    startAt: START_AT,
    hear(event) {
      if (event.from === 'driver' && event.action.type === 'write') written.push(event.action.bytes)
      record.hear(event)
    },
  })
  const labels = (): readonly LabelSample[] => record.samples.filter((sample) => sample.kind === 'label')
  return {
    record,
    written,
    labels,
    emulator,
    status: (): DriverStatus => record.statuses.at(-1) ?? assert.fail('expected a status'),
    run: (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND),
    fault: (name: string, on: boolean): void => assert.ok(emulator.setFault(name, on).ok),
    codes: (): readonly string[] => [...new Set(record.faults.map(({ code }) => code))],
  }
}

describe('Trimble TSIP driver', () => {
  for (const model of Object.keys(MODELS)) {
    test(`comes to lock with a ${model}, knows it, and needs no fault for that`, () => {
      const bench = open({ emulator: { model } })
      bench.run(40)
      assert.deepEqual([bench.status().quality, bench.status().alarms, bench.codes()], ['locked', [], []])
      assert.equal(bench.status().taiMinusUtcSeconds, 37)
      assert.equal(bench.status().details['timeScale'], 'GPS')
      assert.ok(bench.labels().filter(({ valid }) => valid).length >= 30)
      assert.match(
        bench.status().identity ?? '',
        model === 'thunderbolt' ? /^software 1\.5/ : /hardware 30\d\d, serial \d+/,
      )
      const reports = model.startsWith('resolution')
      assert.equal(
        bench.labels().some(({ pulseLatePs }) => pulseLatePs !== undefined),
        reports,
      )
    })
  }

  test('says by how much a pulse is late: what is left is noise', () => {
    const bench = open({ emulator: { model: 'resolution-smtx', pulseNoiseNs: 0, pulseSawtoothNs: 13 } })
    bench.run(30)
    const late = bench.record.pulses.map((at) => Number((at - START_AT) % NS_PER_SECOND))
    const errorsNs = late.map((ns) => (ns > 5e8 ? ns - 1e9 : ns))
    assert.ok(errorsNs.some((ns) => Math.abs(ns) > 5))
    const named = bench.labels().filter(({ valid, pulseLatePs }) => valid && pulseLatePs !== undefined)
    for (const { taiNs, pulseLatePs = 0n } of named) {
      const index = Number((taiNs - taiOf('2026-01-15T12:00:01')) / NS_PER_SECOND)
      assert.ok(Math.abs((errorsNs[index] ?? 99) - Number(pulseLatePs) / 1000) <= 1)
    }
    assert.ok(named.length > 20)
  })

  test('believes nothing before the time is set, and GPS time before UTC is known', () => {
    const bench = open({ configure: false, emulator: { coldStartSeconds: 5, lockSeconds: 2, utcKnownSeconds: 20 } })
    bench.run(5)
    assert.equal(bench.status().quality, 'unlocked')
    assert.ok(bench.status().alarms.includes('tsip.time-not-set'))
    assert.ok(bench.labels().length > 0 && bench.labels().every(({ valid }) => !valid))
    bench.run(10)
    assert.deepEqual(bench.status().alarms, ['tsip.no-utc'])
    assert.equal(bench.status().taiMinusUtcSeconds, undefined)
    assert.ok(bench.labels().at(-1)?.valid)
    bench.run(20)
    assert.deepEqual(bench.status().alarms, [])
    assert.equal(bench.status().details['timeScale'], 'UTC')
    assert.deepEqual(bench.codes(), [])
  })

  test('a wrong count of leap seconds moves no label, and is an alarm', () => {
    const bench = open()
    bench.run(20)
    bench.fault('wrong-leap', true)
    bench.record.clear()
    bench.run(10)
    assert.deepEqual(bench.status().alarms, ['tsip.utc-offset'])
    assert.ok(bench.labels().every(({ valid }) => valid))
    const utc = open({ timeScale: 'utc' })
    utc.run(20)
    utc.fault('wrong-leap', true)
    utc.record.clear()
    utc.run(10)
    assert.ok(
      utc.labels().every(({ valid }) => !valid),
      'what the calendar says of UTC is wrong then',
    )
  })

  for (const timeScale of ['gps', 'utc']) {
    test(`goes on through an inserted leap second in ${timeScale}, which was announced`, () => {
      const bench = open({ timeScale, floorDate: null }, '2016-12-31T23:59:30')
      bench.run(60)
      const seconds = bench
        .labels()
        .slice(8)
        .map(({ taiNs }) => taiNs)
      assert.ok(seconds.length > 40)
      assert.ok(seconds.every((tai, index) => index === 0 || tai - (seconds[index - 1] ?? 0n) === NS_PER_SECOND))
      assert.ok(
        bench
          .labels()
          .slice(8)
          .every(({ valid }) => valid),
      )
      assert.ok(bench.record.statuses.some(({ details }) => details['leapPending'] === true))
      const locked = bench.record.statuses.filter(({ quality }) => quality === 'locked')
      assert.ok(locked.length > 0 && locked.every(({ alarms }) => alarms.length === 0))
      assert.equal(bench.status().taiMinusUtcSeconds, 37)
      assert.deepEqual(bench.codes(), [])
    })
  }

  test('is in holdover without satellites, whatever the disciplining mode says, and comes back', () => {
    for (const fault of ['no-satellites', 'stale-lock']) {
      const bench = open()
      bench.run(20)
      bench.fault(fault, true)
      bench.record.clear()
      bench.run(20)
      assert.equal(bench.status().quality, 'holdover', fault)
      assert.equal(bench.status().dependsOn, 'own')
      assert.ok(bench.status().alarms.includes('tsip.holdover'))
      assert.match(bench.status().reasons?.['tsip.holdover'] ?? '', /decoding status no usable satellite/)
      assert.ok(
        bench
          .labels()
          .slice(3)
          .every(({ valid, quality }) => valid && quality === 'holdover'),
      )
      bench.fault(fault, false)
      bench.run(20)
      assert.deepEqual([bench.status().quality, bench.status().alarms], ['locked', []])
    }
  })

  test('was never in lock: what runs on alone has no time to carry', () => {
    const bench = open({ emulator: { coldStartSeconds: 2, lockSeconds: 3600 } })
    bench.run(10)
    bench.fault('stale-lock', true)
    bench.run(10)
    assert.equal(bench.status().quality, 'unlocked')
    assert.ok(bench.labels().every(({ valid }) => !valid))
  })

  test('every word against the pulse makes it unlocked, with its reason', () => {
    for (const [fault, alarm] of [
      ['oscillator-rail', 'tsip.oscillator-rail'],
      ['antenna-moved', 'tsip.position-questionable'],
      ['no-pulse-alarm', 'tsip.no-pulse'],
      ['test-mode', 'tsip.test-mode'],
      ['time-not-set', 'tsip.time-not-set'],
    ] as const) {
      const bench = open()
      bench.run(20)
      bench.fault(fault, true)
      bench.record.clear()
      bench.run(10)
      assert.equal(bench.status().quality, 'unlocked', fault)
      assert.ok(bench.status().alarms.includes(alarm), `${fault}: ${bench.status().alarms.join(' ')}`)
      assert.ok(bench.status().reasons?.[alarm]?.endsWith('.'))
      assert.ok(
        bench
          .labels()
          .slice(2)
          .every(({ valid }) => !valid),
        fault,
      )
    }
  })

  test('is locked while it surveys, and says so; the position is read back', () => {
    const bench = open({ surveyFixes: 500, emulator: { storedPosition: false, surveySeconds: 30 } })
    bench.run(20)
    assert.equal(bench.status().quality, 'locked')
    assert.deepEqual(bench.status().alarms, ['tsip.survey', 'tsip.no-stored-position'])
    bench.run(40)
    assert.deepEqual(bench.status().alarms, [])
    const { surveyPercent, surveyFixes, latitudeDegrees } = bench.status().details
    assert.deepEqual([surveyPercent, surveyFixes, latitudeDegrees], [100, 500, 51.4773])
  })

  test('a week rollover is reported or repaired, never silently', () => {
    for (const [weekRollover, valid, alarm] of [
      ['report', false, 'tsip.week-rollover'],
      ['repair', true, 'tsip.week-rollover-repaired'],
    ] as const) {
      const bench = open({ weekRollover })
      bench.fault('rollover', true)
      bench.run(20)
      assert.deepEqual(bench.status().alarms, [alarm])
      const last = bench.labels().at(-1)
      assert.equal(last?.valid, valid)
      if (valid) assert.equal(last?.taiNs, taiOf('2026-01-15T12:00:19'))
      assert.deepEqual(bench.codes(), valid ? [] : ['tsip.week-rollover'])
    }
  })

  test('switches on what it needs, reads it back, and does so again when somebody changes it', () => {
    const bench = open({ emulator: { model: 'thunderbolt-e' } })
    bench.run(20)
    assert.ok(
      bench.written.some((bytes) => bytes.toHex() === '108ea2021003'),
      'the calendar to GPS time',
    )
    bench.fault('broadcasts-off', true)
    bench.run(20)
    bench.record.clear()
    bench.run(20)
    assert.ok(bench.labels().length >= 19)
    assert.deepEqual(bench.status().alarms, [])
  })

  test('sets nothing unless told to', () => {
    const bench = open({ configure: false })
    bench.fault('broadcasts-off', true)
    bench.run(60)
    bench.fault('broadcasts-off', false)
    const framer = createTsipFramer()
    const commands = bench.written.flatMap((bytes) => framer.push(bytes, START_AT))
    const bodies = commands.flatMap((it) => (it.kind === 'packet' ? [[it.id, ...it.data]] : []))
    assert.ok(bodies.length > 8)
    assert.ok(
      bodies.every((body) => body.length <= 2),
      'questions have no data but their subcode',
    )
  })

  test('complains once about a receiver that talks and does not answer', () => {
    const bench = open()
    bench.fault('deaf', true)
    bench.run(120)
    assert.deepEqual(
      bench.record.faults.map(({ code }) => code),
      ['tsip.no-reply'],
    )
    assert.match(bench.record.faults[0]?.message ?? '', /^8E-A5: expected 8F-A5 within 2 s, got none in 3 tries$/)
    assert.ok(bench.labels().at(-1)?.valid)
  })

  test('is silent after five seconds, and asks the receiver anew when it is back', () => {
    const bench = open()
    bench.run(20)
    bench.fault('power-cycle', true)
    bench.run(8)
    assert.deepEqual([bench.status().quality, bench.status().alarms], ['unknown', ['tsip.silent']])
    bench.written.length = 0
    bench.fault('power-cycle', false)
    bench.run(20)
    assert.equal(bench.status().quality, 'locked')
    assert.ok(bench.written.some((bytes) => bytes.toHex() === '108ea2021003'))
  })

  test('asks to be woken for nothing that it knows already', () => {
    const options = trimbleTsip.parseOptions({ silenceSeconds: 2 }, 'options')
    assert.ok(options.ok)
    const { leapTable } = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00') })
    const driver = trimbleTsip.create(options.value, { source: 's', leapTable })
    driver.receive(encodePacket(Uint8Array.fromHex('8fab00011cb80825001200300e14160c07e3')), START_AT)
    let wakes = 0
    for (let at = driver.nextWakeAt() ?? START_AT; at < START_AT + 60n * NS_PER_SECOND; wakes++) {
      driver.wake(at)
      const next = driver.nextWakeAt() ?? assert.fail('expected another wake')
      assert.ok(next > at, 'time goes on')
      at = next
    }
    assert.ok(wakes < 60, `${wakes}`)
  })

  test('no damaged byte makes a label that is valid and wrong', () => {
    const bench = open()
    bench.run(10)
    bench.fault('changed-byte', true)
    bench.record.clear()
    bench.run(1000)
    const valid = bench.labels().filter((label) => label.valid)
    assert.ok(valid.length > 100 && valid.length < 900, `${valid.length}`)
    for (const { taiNs, firstByteAt } of valid) {
      const second = (plus(taiOf('2026-01-15T12:00:00'), firstByteAt - START_AT) / NS_PER_SECOND) * NS_PER_SECOND
      assert.equal(taiNs, second)
    }
  })

  test('understands at the first answer, or where none is expected at a packet that says the same twice', () => {
    const { leapTable } = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00') })
    const understands = (configure: boolean, ...chunks: readonly Uint8Array[]): boolean => {
      const options = trimbleTsip.parseOptions({ configure }, 'options')
      assert.ok(options.ok)
      const driver = trimbleTsip.create(options.value, { source: 's', leapTable })
      driver.wake(START_AT)
      return chunks.flatMap((chunk) => driver.receive(chunk, START_AT)).some(({ type }) => type === 'understood')
    }
    const broadcast = encodePacket(Uint8Array.fromHex('8fab00011cb80825001200300e14160c07e3'))
    const damaged = concatBytes(broadcast.subarray(0, 7), Uint8Array.of(0xff), broadcast.subarray(8))
    const version = encodePacket(Uint8Array.fromHex('4501050403120356020612'))
    const mask = encodePacket(Uint8Array.fromHex('8fa500050000'))
    assert.deepEqual([understands(true, broadcast), understands(true, version)], [false, false])
    assert.equal(understands(true, concatBytes(version, mask)), false, 'the question was not out yet')
    assert.equal(understands(true, version, mask), true)
    assert.deepEqual([understands(false, broadcast), understands(false, damaged)], [true, false])
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 400 }), (configure, bytes) => {
        assert.equal(understands(configure, bytes), false)
      }),
    )
  })
})
