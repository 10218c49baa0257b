import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { divFloor } from '../../src/core/integer.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import type { DriverStatus } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { parseOptions } from './options.ts'

const START_AT = monoNs(500n * NS_PER_SECOND + 432_100_000n)

function openLine(input: object, utc = '2026-01-15T12:00:00') {
  const options = parseOptions(input, 'options')
  assert.ok(options.ok)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf(utc) })
  const emulator = createEmulator(options.value, 1, sky)
  const record = createLineRecord()
  const asked: string[] = []
  let understood = 0
  const line = createVirtualLine({
    createDriver: () => createDriver(options.value, { source: 'jlt0', leapTable: sky.leapTable }),
    emulator,
    startAt: START_AT,
    hear: (event) => {
      record.hear(event)
      if (event.from !== 'driver') return
      if (event.action.type === 'write') asked.push(Buffer.from(event.action.bytes).toString('latin1').trim())
      if (event.action.type === 'understood') understood += 1
    },
  })
  const labels = (): LabelSample[] => record.samples.filter((sample) => sample.kind === 'label')
  return {
    record,
    sky,
    asked,
    understood: () => understood,
    run: (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND),
    fault: (name: string, on: boolean): void => assert.ok(emulator.setFault(name, on).ok),
    labels,
    valid: (): LabelSample[] => labels().filter(({ valid }) => valid),
    codes: (): string[] => [...new Set(record.faults.map(({ code }) => code))].sort(),
    status: (): DriverStatus => record.statuses.at(-1) ?? assert.fail('expected a status'),
  }
}

type Bench = ReturnType<typeof openLine>

/** The second of the sky that runs at the label's first byte is the one that it names. */
function assertRight(bench: Bench, labels: readonly LabelSample[]): void {
  for (const { firstByteAt, taiNs, names } of labels) {
    assert.equal(names, 'preceding-pulse')
    assert.equal(taiNs, divFloor(bench.sky.skyTai(firstByteAt), NS_PER_SECOND) * NS_PER_SECOND)
  }
}

describe('with its emulator', () => {
  for (const emulator of [
    {},
    { baudRate: 9600 },
    { prompt: true, echo: false },
    { nmea: true },
    { nmea: true, baudRate: 9600 },
  ]) {
    test(`has a right label a second: ${JSON.stringify(emulator)}`, () => {
      const bench = openLine({ emulator })
      bench.run(120)
      assertRight(bench, bench.labels())
      assert.ok(bench.valid().length >= 105, `${bench.valid().length} labels in 120 s`)
      assert.deepEqual(bench.record.faults, [])
      assert.equal(bench.status().quality, 'locked')
      assert.deepEqual(bench.status().alarms, [])
      assert.equal(bench.understood(), 1)
    })
  }

  test('tells what the instrument is and how it does', () => {
    const bench = openLine({})
    bench.run(30)
    const { identity, taiMinusUtcSeconds, details } = bench.status()
    assert.equal(identity, 'LN Rb GPSDO (PRE),1.17,122301668')
    assert.equal(taiMinusUtcSeconds, 37)
    const { timeIntervalNs, ...rest } = details
    assert.ok(Math.abs(Number(timeIntervalNs)) < 50)
    assert.deepEqual(rest, {
      model: 'LN Rb GPSDO (PRE)',
      firmware: '1.17',
      serial: '122301668',
      locked: true,
      holdoverSeconds: 0,
      healthStatus: '0x0',
      satellitesTracked: 14,
      satellitesVisible: 20,
      efcPercent: -0.41,
      sourceMode: 'GPS',
      sourceState: 'GPS',
      pulseDomain: 'CSAC',
      holdoverState: 'NONE',
      frequencyErrorE15: 13_100,
      timeIntervalThresholdNs: 220,
      antennaDelayNs: 25,
      receiverHasFix: true,
      timingMode: 'RSTSURV',
      surveyStatus: 'ACTIVE',
      jammingLevel: 8,
    })
  })

  test('asks for the date on both sides of the time, and is right at midnight, however late the date turns', () => {
    for (const dateLagMs of [0, 100, 400]) {
      for (const utc of ['2026-01-31T23:59:40', '2025-12-31T23:59:40']) {
        const bench = openLine({ emulator: { dateLagMs } }, utc)
        bench.run(60)
        assertRight(bench, bench.labels())
        assert.ok(bench.valid().length >= 50)
        assert.deepEqual(bench.record.faults, [])
        const [before, , after] = bench.asked.slice(bench.asked.lastIndexOf('PTIM:TIME?') - 1)
        assert.deepEqual([before, after], ['PTIM:DATE?', 'PTIM:DATE?'])
      }
    }
  })

  test('goes through a leap second', () => {
    const bench = openLine({ floorDate: null }, '2016-12-31T23:59:30')
    bench.run(60)
    assertRight(bench, bench.valid())
    assert.ok(bench.valid().some(({ taiNs }) => taiNs === taiOf('2016-12-31T23:59:60')))
    assert.deepEqual(bench.record.faults, [])
  })

  test('finds the turn of the second anew every ten minutes', () => {
    const bench = openLine({})
    bench.run(1300)
    assertRight(bench, bench.labels())
    assert.ok(bench.valid().length >= 1250)
    assert.deepEqual(bench.record.faults, [])
  })
})

describe('holdover, steps and health', () => {
  test('is holdover from the start of it, though the loop calls itself locked for a while', () => {
    const bench = openLine({})
    bench.run(60)
    bench.fault('no-gps', true)
    bench.run(5)
    assert.equal(bench.status().details['locked'], true)
    assert.equal(bench.status().quality, 'holdover')
    assert.deepEqual(bench.status().alarms, ['jackson-labs.holdover'])
    bench.run(90)
    assert.deepEqual(bench.status().alarms, ['jackson-labs.holdover', 'jackson-labs.holdover-long'])
    assertRight(bench, bench.valid())
    assert.ok(
      bench
        .labels()
        .slice(-50)
        .every(({ valid, quality }) => valid && quality === 'holdover'),
    )
    bench.fault('no-gps', false)
    bench.run(40)
    assert.equal(bench.status().quality, 'locked')
    assert.deepEqual(bench.record.faults, [])
  })

  test('a step at the threshold drops the lock and is told for as long as the instrument tells it', () => {
    const bench = openLine({ emulator: { phaseResetSeconds: 60 } })
    bench.run(60)
    bench.fault('jam-sync', true)
    bench.run(21)
    bench.fault('jam-sync', false)
    bench.run(3)
    assert.ok(bench.record.statuses.some(({ quality }) => quality === 'unlocked'))
    bench.run(10)
    assert.equal(bench.status().quality, 'locked')
    assert.deepEqual(bench.status().alarms, ['jackson-labs.phase-reset'])
    bench.run(60)
    assert.deepEqual(bench.status().alarms, [])
  })

  test('a receiver that tracks nothing while the instrument calls itself locked is holdover and an alarm', () => {
    const bench = openLine({})
    bench.run(60)
    bench.fault('deaf-receiver', true)
    bench.run(45)
    assert.equal(bench.status().quality, 'holdover')
    assert.deepEqual(bench.status().alarms, ['jackson-labs.no-satellites'])
    assert.equal(bench.status().details['locked'], true)
  })

  for (const [fault, alarms] of [
    ['hardware-fault', ['jackson-labs.hardware']],
    ['filter-unlocked', ['jackson-labs.filter-unlocked']],
    ['jamming', ['jackson-labs.holdover', 'jackson-labs.jamming']],
    ['manual-holdover', ['jackson-labs.holdover']],
  ] as const) {
    test(`${fault} is an alarm with its reason`, () => {
      const bench = openLine({})
      bench.run(40)
      bench.fault(fault, true)
      bench.run(35)
      assert.deepEqual(bench.status().alarms, alarms)
      assert.match(bench.status().reasons?.[alarms.at(-1) ?? ''] ?? '', /^\S.{20,}$/)
    })
  }
})

describe('when the line or the instrument is wrong', () => {
  test('turns prompt and echo as it needs them when somebody has turned them back', () => {
    const bench = openLine({})
    bench.run(30)
    for (const name of ['prompt-off', 'echo-on']) {
      bench.fault(name, true)
      bench.fault(name, false)
      bench.run(30)
      assert.equal(bench.status().quality, 'locked', name)
    }
    bench.record.clear()
    bench.run(30)
    assert.ok(bench.valid().length >= 28)
    assert.deepEqual(bench.record.faults, [])
  })

  for (const name of ['trace-on', 'nmea-on']) {
    test(`takes what comes unasked out of the conversation: ${name}`, () => {
      const bench = openLine({ emulator: { baudRate: 9600 } })
      bench.run(30)
      bench.fault(name, true)
      bench.record.clear()
      bench.run(60)
      assert.deepEqual(bench.record.faults, [])
      assert.ok(bench.valid().length >= 45, `${bench.valid().length} labels in 60 s`)
      assertRight(bench, bench.labels())
      assert.equal(bench.status().details['loopState'], 'locked')
    })
  }

  test('believes no label while its sentences tell another time', () => {
    const bench = openLine({})
    bench.run(30)
    bench.fault('nmea-ahead', true)
    bench.run(5)
    assert.deepEqual(bench.status().alarms, ['jackson-labs.disagree'])
    bench.record.clear()
    bench.run(30)
    assert.deepEqual(bench.valid(), [])
    assert.ok(bench.labels().length >= 28)
  })

  test('believes no second that stands still and no date before the floor', () => {
    for (const [name, code] of [
      ['stuck-second', 'jackson-labs.stuck-second'],
      ['rollover', 'jackson-labs.week-rollover'],
    ] as const) {
      const bench = openLine({})
      bench.run(30)
      bench.fault(name, true)
      bench.run(3)
      bench.record.clear()
      bench.run(20)
      assert.deepEqual(bench.valid(), [])
      assert.deepEqual(bench.codes(), [code])
    }
  })

  test('is in step again after refusals, and what was refused is not believed meanwhile', () => {
    const bench = openLine({})
    bench.run(30)
    bench.fault('command-errors', true)
    bench.run(120)
    assertRight(bench, bench.valid())
    bench.fault('command-errors', false)
    bench.run(30)
    bench.record.clear()
    bench.run(30)
    assert.ok(bench.valid().length >= 28)
  })

  test('takes no late reply for another’s', () => {
    const bench = openLine({})
    bench.run(30)
    bench.fault('late-reply', true)
    bench.run(60)
    assertRight(bench, bench.valid())
    bench.fault('late-reply', false)
    bench.run(30)
    bench.record.clear()
    bench.run(30)
    assertRight(bench, bench.valid())
    assert.ok(bench.valid().length >= 28)
  })
})

describe('listened to', () => {
  test('tells right labels of an instrument that only sends sentences, and the state of its loop', () => {
    const bench = openLine({ speaks: 'nmea', emulator: { nmea: true } })
    bench.run(60)
    assert.deepEqual(bench.asked, [])
    assertRight(bench, bench.labels())
    assert.ok(bench.valid().length >= 117, `${bench.valid().length} labels of RMC and ZDA in 60 s`)
    assert.equal(bench.status().quality, 'locked')
    bench.fault('no-gps', true)
    bench.run(30)
    assert.equal(bench.status().quality, 'holdover')
    bench.fault('silence', true)
    bench.run(10)
    assert.deepEqual(bench.status().alarms, ['jackson-labs.silent'])
  })
})
