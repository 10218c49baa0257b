import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { divFloor } from '../../src/core/integer.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import { spectratime } from './index.ts'

const START_AT = monoNs(500n * NS_PER_SECOND + 123_000_000n)

function open(input: object, said: object = input) {
  const options = spectratime.parseOptions(input, 'options')
  const emulated = spectratime.parseOptions(said, 'options')
  assert.ok(options.ok && emulated.ok)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00') })
  const instrument = spectratime.emulate(emulated.value, 1, sky)
  const record = createLineRecord()
  const line = createVirtualLine({
    createDriver: () => spectratime.create(options.value, { source: 'rb0', leapTable: sky.leapTable }),
    emulator: instrument,
    startAt: START_AT,
    hear: record.hear,
  })
  const run = (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND)
  const labels = (): LabelSample[] => record.samples.filter((sample) => sample.kind === 'label')
  const sent = (): string => String.fromCharCode(...record.sent.flatMap(({ bytes }) => [...bytes]))
  return { record, line, run, labels, sent, sky, instrument, status: () => record.statuses.at(-1) }
}

type Bench = ReturnType<typeof open>

function expectRight({ labels, sky }: Bench, from: number): void {
  const valid = labels().filter((label) => label.valid)
  assert.ok(valid.length >= from, `${valid.length} valid labels`)
  for (const { taiNs, firstByteAt } of valid) {
    assert.equal(taiNs, divFloor(sky.skyTai(firstByteAt), NS_PER_SECOND) * NS_PER_SECOND)
  }
}

/** Twenty seconds as they should be, and forty under the fault. */
function underFault(fault: string, input: object = {}): Bench {
  const bench = open(input)
  bench.run(20)
  assert.ok(bench.instrument.setFault(fault, true).ok)
  bench.run(40)
  return bench
}

describe('SpectraTime', () => {
  test('tells the time by its sentence, in GPS time, and its health by its answers', () => {
    const bench = open({})
    bench.run(70)
    expectRight(bench, 60)
    assert.deepEqual(bench.record.faults, [])
    const status = bench.status()
    assert.deepEqual([status?.quality, status?.dependsOn, status?.alarms], ['locked', 'sky', []])
    assert.equal(status?.identity, 'TNTSRO-100/05/1.096')
    assert.equal(status?.details['photocellV'], 3)
    assert.equal(status?.details['serial'], '104233')
    assert.equal(status?.details['dateFrom'], 'GPS')
    assert.match(bench.sent(), /\$PTNTA,20260115120030,2,T4,\d{9},[+-]\d{3},3,3,3\*/)
  })

  test('without its sentence is asked, and believed only by configuration', () => {
    const trusted = open({ trustsDate: true, emulator: { beat: false } })
    trusted.run(60)
    expectRight(trusted, 20)
    assert.deepEqual(trusted.status()?.alarms, [])
    const doubted = open({ emulator: { beat: false } })
    doubted.run(60)
    assert.ok(doubted.labels().length >= 20)
    assert.ok(doubted.labels().every(({ valid }) => !valid))
    assert.deepEqual(doubted.status()?.alarms, ['spectratime.date-unproven'])
  })

  test('is not believed when the two scales are not declared as they are', () => {
    const bench = open({ timescale: 'utc' }, {})
    bench.run(20)
    // Nothing on the line tells GPS time from UTC: other sources must.
    assert.ok(
      bench.labels().every(({ taiNs, firstByteAt }) => taiNs - bench.sky.skyTai(firstByteAt) > 16n * NS_PER_SECOND),
    )
  })

  test('loses its reference and is in holdover, loses its line and is unlocked', () => {
    const free = underFault('no-pps-in').status()
    assert.deepEqual([free?.quality, free?.dependsOn], ['holdover', 'own'])
    assert.ok(free?.alarms.includes('spectratime.holdover'))
    const lost = underFault('unlocked')
    assert.equal(lost.status()?.quality, 'unlocked')
    assert.match(lost.status()?.reasons?.['spectratime.unlocked'] ?? '', /got searching the line$/)
    assert.ok(
      lost
        .labels()
        .slice(-20)
        .every(({ valid }) => !valid),
    )
  })

  test('that was never heard locked holds nothing over', () => {
    const bench = open({})
    assert.ok(bench.instrument.setFault('no-pps-in', true).ok)
    bench.run(20)
    assert.equal(bench.status()?.quality, 'unlocked')
  })

  const expected: Readonly<Record<string, string>> = {
    'date-by-hand': 'spectratime.date-unproven',
    'no-beat': 'spectratime.date-unproven',
    'stuck-second': 'spectratime.stuck',
    'td-ahead': 'spectratime.disagree',
    rollover: 'spectratime.week-rollover',
    lamp: 'spectratime.lamp',
    heater: 'spectratime.heater',
  }
  for (const [fault, alarm] of Object.entries(expected)) {
    test(`shows the emulated fault ${fault} as ${alarm}`, () => {
      const bench = underFault(fault)
      assert.ok(bench.status()?.alarms.includes(alarm), bench.status()?.alarms.join() ?? fault)
      if (fault === 'lamp' || fault === 'heater') expectRight(bench, 25)
      else
        assert.ok(
          bench
            .labels()
            .slice(-5)
            .every(({ valid }) => !valid),
        )
    })
  }

  test('reads its answers although a sentence stands in the middle of them', () => {
    const bench = underFault('spliced')
    assert.deepEqual(bench.record.faults, [])
    assert.equal(bench.status()?.quality, 'locked')
  })

  test('of the old command set gives health alone, at 1200 baud too', () => {
    const bench = open({ model: 'lpfrs', emulator: { baudRate: 1200, beat: false } })
    bench.run(60)
    assert.deepEqual(bench.record.faults, [])
    assert.deepEqual(bench.labels(), [])
    assert.equal(bench.status()?.identity, 'TNTLPFRS-01/04/1.03')
    assert.equal(bench.status()?.details['varactorV'], 2.49)
  })

  test('is steered in steps of 512e-15, read back, and not while it follows its reference', () => {
    const bench = open({})
    bench.run(30)
    const driver = bench.line.driver()
    const refused = driver.steer?.({ fractionE15: 5_120n }, bench.line.now())
    assert.match(
      refused?.ok === false ? refused.fault.message : '',
      /^expected a unit that does not follow its reference/,
    )
    for (const action of bench.instrument.receive(
      Uint8Array.from('TR0\r', (c) => c.charCodeAt(0)),
      bench.line.now(),
    )) {
      assert.ok(action.type === 'write' || action.type === 'pulse')
    }
    bench.run(40)
    const far = bench.line.driver().steer?.({ fractionE15: 1n << 40n }, bench.line.now())
    assert.match(far?.ok === false ? far.fault.message : '', /^expected an offset within ±16776704e-15/)
    const steered = bench.line.driver().steer?.({ fractionE15: -5_000n }, bench.line.now())
    assert.ok(steered?.ok)
    for (const action of steered.value)
      if (action.type === 'write') bench.instrument.receive(action.bytes, bench.line.now())
    bench.record.clear()
    bench.run(30)
    assert.equal(bench.status()?.details['frequencySteps'], -10)
    assert.deepEqual(
      bench.record.faults.filter(({ code }) => code === 'spectratime.steering'),
      [],
    )
  })
})
