import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { divCeil } from '../../src/core/integer.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import type { DriverStatus } from '../driver.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { parseOptions } from './options.ts'
import { QUERIES } from './protocol.ts'
import { SCALARS } from './scalars.ts'

const START_AT = monoNs(500n * NS_PER_SECOND)

function openLine(input: object, utc = '2026-01-15T12:00:00') {
  const options = parseOptions(input, 'options')
  assert.ok(options.ok)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf(utc) })
  const emulator = createEmulator(options.value, 1, sky)
  const record = createLineRecord()
  const asked: { command: string; at: MonoNs }[] = []
  const resets: string[] = []
  const line = createVirtualLine({
    createDriver: () => createDriver(options.value, { source: 'smartclock0', leapTable: sky.leapTable }),
    emulator,
    startAt: START_AT,
    hear: (event) => {
      record.hear(event)
      if (event.from !== 'driver') return
      const { action, at } = event
      if (action.type === 'write') asked.push({ command: Buffer.from(action.bytes).toString('latin1'), at })
      if (action.type === 'reset') resets.push(action.reason)
    },
  })
  return {
    record,
    sky,
    asked,
    resets,
    run: (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND),
    fault: (name: string, on: boolean): void => assert.ok(emulator.setFault(name, on).ok),
    labels: (): LabelSample[] => record.samples.filter((sample) => sample.kind === 'label'),
    valid: (): LabelSample[] => record.samples.filter((sample) => sample.kind === 'label').filter(({ valid }) => valid),
    codes: (): string[] => [...new Set(record.faults.map((fault) => fault.code))].sort(),
    status: (): DriverStatus => record.statuses.at(-1) ?? assert.fail('expected a status'),
  }
}

const LOG_QUESTION = /^:DIAG:LOG:READ\? \d+\r$/

type Bench = ReturnType<typeof openLine>

function timesAsked(bench: Bench, command: string): readonly MonoNs[] {
  return bench.asked.filter((write) => write.command === `${command}\r`).map(({ at }) => at)
}

/** The second of the sky that begins after the label's first byte is the one that it names. */
function assertRight(bench: Bench, labels: readonly LabelSample[]): void {
  for (const { firstByteAt, taiNs } of labels) {
    assert.equal(taiNs, divCeil(bench.sky.skyTai(firstByteAt), NS_PER_SECOND) * NS_PER_SECOND)
  }
}

describe('with its emulator', () => {
  for (const emulator of [
    { model: '58503A' },
    { model: 'Z3801A', baudRate: 19_200, timeCodeFormat: 'T1' },
    { model: 'Z3805A', echo: false },
  ]) {
    test(`follows a unit through lock, holdover and recovery: ${JSON.stringify(emulator)}`, () => {
      const bench = openLine({ emulator })
      bench.run(40)
      assert.equal(bench.status().quality, 'locked')
      assert.equal(bench.status().dependsOn, 'sky')
      assert.deepEqual(bench.status().alarms, [])
      bench.fault('no-gps', true)
      bench.run(30)
      assert.equal(bench.status().quality, 'holdover')
      assert.equal(bench.status().dependsOn, 'own')
      assert.deepEqual(bench.status().alarms, ['smartclock.holdover'])
      assert.ok(Number(bench.status().details['holdoverSeconds']) > 15)
      bench.fault('no-gps', false)
      bench.run(8)
      assert.equal(bench.status().quality, 'holdover')
      assert.deepEqual(bench.status().alarms, ['smartclock.recovery'])
      bench.run(42)
      assert.equal(bench.status().quality, 'locked')
      assert.deepEqual(bench.status().alarms, [])
      assert.deepEqual(bench.record.faults, [])
      assertRight(bench, bench.labels())
      const labels = bench.labels().filter(({ firstByteAt }) => firstByteAt > START_AT + 10n * NS_PER_SECOND)
      assert.ok(labels.length >= 105, `${labels.length} labels in 110 s`)
      assert.ok(
        labels.every((label) => label.valid && label.names === 'following-pulse' && label.source === 'smartclock0'),
      )
      const held = labels.filter(({ quality }) => quality === 'holdover').length
      assert.ok(held > 38 && held < 46, `${held} labels in 42 s of holdover and recovery`)
    })
  }

  test('has right labels on a slow line too, if fewer', () => {
    const bench = openLine({ statusScreenSeconds: 0, emulator: { baudRate: 1200 } })
    bench.run(60)
    assertRight(bench, bench.labels())
    assert.deepEqual(bench.record.faults, [])
    assert.ok(bench.valid().length >= 40, `${bench.valid().length} labels in 60 s`)
  })

  test('tells first that it knows nothing, then what the unit is and how it does', () => {
    const bench = openLine({})
    bench.run(2)
    const [first, ...others] = bench.record.statuses
    assert.deepEqual([first?.quality, first?.dependsOn, first?.alarms], ['unknown', 'unknown', []])
    assert.equal(others[0]?.identity, 'HEWLETT-PACKARD,Z3805A,3625A01487,3543B-A')
    assert.deepEqual(bench.status().alarms, ['smartclock.powerup'])
    bench.run(18)
    assert.deepEqual(bench.status().alarms, ['smartclock.reduced-accuracy'])
    bench.run(20)
    const { details, taiMinusUtcSeconds } = bench.status()
    assert.equal(taiMinusUtcSeconds, 37)
    const { timeIntervalNs, ...rest } = details
    const { lastLogEntry } = rest
    assert.equal(lastLogEntry, '2026-01-15T12:00:03 GPS lock started')
    assert.ok(Math.abs(Number(timeIntervalNs)) < 50)
    assert.deepEqual(rest, {
      model: 'Z3805A',
      serial: '3625A01487',
      firmware: '3543B-A',
      dialect: 'Z3801',
      state: 'LOCK',
      tfom: 3,
      ffom: 0,
      holdoverSeconds: 0,
      serviceRequested: false,
      holdoverWaitsFor: 'NONE',
      holdoverPredictedNs: 800,
      holdoverThresholdSeconds: 86_400,
      holdoverThresholdExceeded: false,
      efcPercent: -16.8528,
      gpsPulseValid: true,
      satellitesTracked: 7,
      satellitesPredicted: 7,
      positionHeld: true,
      antennaDelayNs: 0,
      leapPending: false,
      lampGpsLock: true,
      lampHoldover: false,
      lampAlarm: false,
      lifetimeCount: 1287,
      logEntries: 2,
      lastLogEntry,
    })
  })

  test('has no believed label before the first lock', () => {
    const bench = openLine({ emulator: { powerUpSeconds: 10 } })
    bench.run(9)
    assert.ok(bench.labels().length > 3)
    assert.ok(bench.labels().every(({ valid, quality }) => !valid && quality === 'unlocked'))
    assert.deepEqual(bench.status().alarms, ['smartclock.powerup', 'smartclock.time-invalid'])
    bench.run(6)
    assert.ok(bench.valid().length > 2)
  })

  test('sends a status at least once a minute and samples without end', () => {
    const bench = openLine({ statusScreenSeconds: 0, emulator: { stabilizeSeconds: 0, pulseNoiseNs: 0 } })
    bench.run(60)
    bench.record.clear()
    bench.run(300)
    assert.ok(bench.record.statuses.length >= 5 && bench.record.statuses.length < 100)
    assert.ok(bench.valid().length >= 299)
  })

  test('asks for the time code once a tick, and for nothing so often that the line is full', () => {
    const bench = openLine({ statusScreenSeconds: 0 })
    bench.run(5)
    bench.asked.length = 0
    bench.run(100)
    const times = timesAsked(bench, ':PTIM:TCOD?')
    assert.ok(times.length >= 99 && times.length <= 101, `${times.length} time codes in 100 s`)
    for (const [i, at] of times.slice(1).entries()) assert.ok(at - (times[i] ?? at) >= 900_000_000n)
    assert.ok(timesAsked(bench, ':SYNC:STAT?').length <= 101)
    for (const name of ['timeInterval', 'holdover', 'tfom', 'ffom'] as const) {
      const count = timesAsked(bench, QUERIES[name].command).length
      assert.ok(count >= 9 && count <= 11, `${name}: ${count}`)
    }
    assert.ok(timesAsked(bench, ':PTIM:LEAP:ACC?').length <= 2)
    assert.equal(timesAsked(bench, ':PTIM:TZON?').length, 0)
  })

  test('asks nothing but its queries, whatever happens', () => {
    const bench = openLine({})
    for (const name of ['garbage', 'banner', 'framing-error', 'no-gps', 'late-reply', 'error-queue-full']) {
      bench.fault(name, true)
      bench.run(15)
      bench.fault(name, false)
    }
    const questions = [...Object.values(QUERIES), ...Object.values(SCALARS).map(({ request }) => request)]
    const allowed = new Set(['\r', ...questions.map(({ command }) => `${command}\r`)])
    for (const { command } of bench.asked) assert.ok(allowed.has(command) || LOG_QUESTION.test(command), command)
  })

  test('does not ask again for the time interval until the state has changed', () => {
    const bench = openLine({ emulator: { powerUpSeconds: 100 } })
    bench.run(90)
    assert.equal(timesAsked(bench, ':SYNC:TINT?').length, 1)
    bench.run(60)
    bench.fault('no-gps', true)
    bench.run(5)
    const before = timesAsked(bench, ':SYNC:TINT?').length
    bench.run(60)
    assert.equal(timesAsked(bench, ':SYNC:TINT?').length, before)
    assert.equal(bench.status().details['timeIntervalNs'], undefined)
    assert.deepEqual(bench.record.faults, [])
  })

  test('reads a full error queue empty, entry by entry, and stays on time meanwhile', () => {
    const bench = openLine({})
    bench.run(10)
    bench.record.clear()
    bench.fault('error-queue-full', true)
    bench.run(10)
    assert.equal(bench.record.faults.length, 30)
    assert.deepEqual(bench.record.faults[0], {
      code: 'smartclock.instrument-error',
      message: ':SYST:ERR?: expected an empty error queue, got -113 "Undefined header"',
      line: bench.record.faults[0]?.line,
    })
    assert.match(bench.record.faults.at(-1)?.message ?? '', /-350 "Queue overflow"$/)
    assert.ok(bench.valid().length >= 9)
    const asked = timesAsked(bench, ':SYST:ERR?').length
    bench.run(10)
    assert.equal(timesAsked(bench, ':SYST:ERR?').length, asked)
  })

  test('shows the announced leap second in June and December only', () => {
    for (const [utc, shown] of [
      ['2016-12-15T12:00:00', '+'],
      ['2016-10-15T12:00:00', undefined],
      ['2026-06-15T12:00:00', undefined],
    ] as const) {
      const bench = openLine({ floorDate: null }, utc)
      bench.run(10)
      assert.equal(bench.status().details['leapAnnounced'], shown, utc)
    }
  })

  for (const timeCodeFormat of ['T1', 'T2']) {
    test(`goes through a leap second without a fault (${timeCodeFormat})`, () => {
      const bench = openLine({ floorDate: null, emulator: { timeCodeFormat } }, '2016-12-31T23:59:40')
      bench.run(40)
      assert.deepEqual(bench.record.faults, [])
      assertRight(bench, bench.labels())
      assert.ok(bench.valid().some(({ taiNs }) => taiNs === taiOf('2016-12-31T23:59:60')))
    })
  }
})

describe('with a date 1024 weeks early', () => {
  for (const timeCodeFormat of ['T1', 'T2']) {
    test(`reports it and believes no label (${timeCodeFormat})`, () => {
      const bench = openLine({ emulator: { timeCodeFormat } })
      bench.fault('rollover', true)
      bench.run(20)
      assert.ok(bench.labels().length > 10)
      assert.deepEqual(bench.valid(), [])
      assert.deepEqual(bench.codes(), ['smartclock.week-rollover'])
      assert.match(
        bench.record.faults.at(-1)?.message ?? '',
        /expected a date since 2025-01-01T00:00:00, got 2006-06-01T12:00:\d\d \(1024 weeks later: 2026-01-15T1[12]:\d\d:\d\d\)$/,
      )
      assert.ok(bench.status().alarms.includes('smartclock.week-rollover'))
    })

    test(`repairs it if told to, and always says so (${timeCodeFormat})`, () => {
      const bench = openLine({ weekRollover: 'repair', emulator: { timeCodeFormat } })
      bench.fault('rollover', true)
      bench.run(30)
      assertRight(bench, bench.labels())
      assert.ok(bench.valid().length > 20)
      assert.deepEqual(bench.record.faults, [])
      assert.deepEqual(bench.status().alarms, ['smartclock.week-rollover-repaired'])
    })
  }

  test('repairs it in a leap second too, which the early date does not have', () => {
    const bench = openLine({ weekRollover: 'repair', floorDate: '2015-01-01' }, '2016-12-31T23:59:40')
    bench.fault('rollover', true)
    bench.run(40)
    assertRight(bench, bench.labels())
    assert.deepEqual(bench.record.faults, [])
    assert.ok(bench.valid().some(({ taiNs }) => taiNs === taiOf('2016-12-31T23:59:60')))
  })

  test('has no alarm of a repair where nothing had to be repaired', () => {
    const bench = openLine({ weekRollover: 'repair' })
    bench.run(30)
    assert.deepEqual(bench.status().alarms, [])
  })
})

describe('when the unit or the line is wrong', () => {
  /** Runs ten seconds, then `seconds` under the fault; the records begin a second into it. */
  function underFault(name: string, seconds: number, input: object = {}): Bench {
    const bench = openLine(input)
    bench.run(10)
    bench.fault(name, true)
    bench.run(1)
    bench.record.clear()
    bench.run(seconds)
    return bench
  }

  test('believes no label of a unit that tells local time, from the start or from the keypad', () => {
    const fromStart = openLine({})
    fromStart.fault('local-time', true)
    fromStart.run(20)
    assert.deepEqual(fromStart.codes(), ['smartclock.time-zone'])
    const switched = underFault('local-time', 20)
    for (const bench of [fromStart, switched]) {
      assert.deepEqual(bench.valid(), [])
      assert.ok(bench.labels().length > 10)
      assert.ok(bench.status().alarms.includes('smartclock.time-zone'))
    }
    switched.fault('local-time', false)
    switched.run(10)
    switched.record.clear()
    switched.run(10)
    assert.ok(switched.valid().length >= 9)
  })

  test('believes no label that stands still', () => {
    const bench = underFault('stuck-second', 20)
    assert.deepEqual(bench.valid(), [])
    assert.deepEqual(bench.codes(), ['smartclock.stuck-second'])
  })

  test('drops time codes with a wrong checksum and stays in step', () => {
    const bench = underFault('wrong-checksum', 20)
    assert.deepEqual(bench.labels(), [])
    assert.deepEqual(bench.codes(), ['smartclock.checksum'])
    assert.equal(bench.status().quality, 'locked')
  })

  test('goes on when the echo changes', () => {
    const bench = underFault('echo-toggled', 20)
    assert.deepEqual(bench.record.faults, [])
    assert.ok(bench.valid().length >= 19)
  })

  for (const echo of [true, false]) {
    test(`takes no late reply for another's, with${echo ? '' : 'out'} echo`, () => {
      const bench = underFault('late-reply', 40, { emulator: { echo } })
      assertRight(bench, bench.valid())
      assert.ok(bench.record.faults.length > 0)
      assert.equal(bench.status().quality, 'unknown')
      bench.fault('late-reply', false)
      bench.run(20)
      bench.record.clear()
      bench.run(20)
      assertRight(bench, bench.valid())
      assert.ok(bench.valid().length >= 19)
    })

    test(`finds the way back after each greeting, with${echo ? '' : 'out'} echo`, () => {
      const bench = underFault('banner', 60, { emulator: { echo } })
      assertRight(bench, bench.valid())
      assert.ok(bench.valid().length > 30, `${bench.valid().length} labels in 60 s`)
    })

    test(`believes nothing wrong out of garbage, with${echo ? '' : 'out'} echo`, () => {
      const bench = underFault('garbage', 300, { emulator: { echo } })
      assertRight(bench, bench.valid())
      assert.ok(bench.record.faults.length < 300)
    })
  }

  test('asks again what was lost on the line, and forgets nothing for it', () => {
    const bench = underFault('framing-error', 60)
    assert.deepEqual(bench.codes(), ['smartclock.instrument-error'])
    assert.ok(bench.record.statuses.every(({ details }) => details['state'] === 'LOCK'))
    assert.ok(bench.valid().length > 40)
  })

  test('calls a unit silent after ten seconds, and asks for the link afresh after a minute', () => {
    const bench = underFault('silence', 12)
    assert.deepEqual(bench.status().alarms, ['smartclock.silent'])
    assert.equal(bench.status().quality, 'unknown')
    assert.deepEqual(bench.codes(), ['scpi.no-reply'])
    bench.run(60)
    assert.equal(bench.resets.length, 1)
    assert.match(
      bench.resets[0] ?? '',
      /^out of step for \d+ s, at last by scpi\.no-reply: an empty line: expected .+, got nothing$/,
    )
    bench.run(10)
    assert.deepEqual(bench.status().alarms, ['smartclock.silent'])
  })

  test('starts from nothing after a power cut', () => {
    const bench = underFault('power-cycle', 20)
    bench.fault('power-cycle', false)
    bench.record.clear()
    bench.run(60)
    assertRight(bench, bench.valid())
    const [first] = bench.record.statuses
    assert.deepEqual([first?.quality, first?.alarms, first?.details['state']], ['unknown', [], undefined])
    assert.ok(bench.record.statuses.some(({ alarms }) => alarms.includes('smartclock.powerup')))
    assert.deepEqual(bench.status().alarms, [])
  })
})
