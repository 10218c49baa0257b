import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type MonoNs, monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import type { DriverAction, DriverStatus } from '../driver.ts'
import type { ControlCommand } from './control.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { parseOptions } from './options.ts'

const START_AT = monoNs(500n * NS_PER_SECOND)

/** A unit that has been locked and stable for a while, with its driver. */
function openLine(input: object, utc = '2026-01-15T12:00:00') {
  const options = parseOptions(input, 'options')
  assert.ok(options.ok)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf(utc) })
  const emulator = createEmulator(options.value, 1, sky)
  const record = createLineRecord()
  const asked: { readonly command: string; readonly at: MonoNs }[] = []
  const actions: DriverAction[] = []
  let driver = createDriver(options.value, { source: 'smartclock0', leapTable: sky.leapTable })
  const line = createVirtualLine({
    createDriver: () => {
      driver = createDriver(options.value, { source: 'smartclock0', leapTable: sky.leapTable })
      return driver
    },
    emulator,
    startAt: START_AT,
    hear: (event) => {
      record.hear(event)
      if (event.from !== 'driver') return
      actions.push(event.action)
      if (event.action.type === 'write') {
        asked.push({ command: Buffer.from(event.action.bytes).toString('latin1').trim(), at: event.at })
      }
    },
  })
  const run = (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND)
  return {
    record,
    actions,
    asked,
    run,
    timesAsked: (command: string): number => asked.filter((write) => write.command === command).length,
    fault: (name: string, on: boolean): void => assert.ok(emulator.setFault(name, on).ok),
    /** What the driver answers; its bytes go where the shell would send them. */
    order: (command: ControlCommand) => {
      const done = driver.command(command, line.now())
      if (done.ok) {
        for (const action of done.value) if (action.type === 'write') emulator.receive(action.bytes, line.now())
      }
      return done
    },
    status: (): DriverStatus => record.statuses.at(-1) ?? assert.fail('expected a status'),
    validLabels: (): number => record.samples.filter((sample) => sample.kind === 'label' && sample.valid).length,
  }
}

describe('a unit’s own health', () => {
  for (const [fault, alarms, reason] of [
    ['efc-at-limit', ['smartclock.efc-near-limit', 'smartclock.efc-limit'], /at full scale/],
    ['oven-supply', ['smartclock.oven'], /oven supply/],
    ['gps-pulse-failure', ['smartclock.gps-1pps-failure'], /pulse of the GPS engine/],
  ] as const) {
    test(`${fault} is an alarm with its reason, and time goes on`, () => {
      const bench = openLine({})
      bench.run(60)
      bench.fault(fault, true)
      bench.run(20)
      assert.deepEqual(bench.status().alarms, alarms)
      assert.match(bench.status().reasons?.[alarms.at(-1) ?? ''] ?? '', reason)
      assert.equal(bench.status().quality, 'locked')
      bench.fault(fault, false)
      bench.run(70)
      assert.deepEqual(bench.status().alarms, [])
      assert.deepEqual(bench.record.faults, [])
    })
  }

  test('a unit that calls itself locked while its receiver has nothing is in holdover, and an alarm', () => {
    const bench = openLine({})
    bench.run(60)
    bench.fault('deaf-receiver', true)
    bench.run(45)
    assert.equal(bench.status().details['state'], 'LOCK')
    assert.equal(bench.status().quality, 'holdover')
    assert.equal(bench.status().dependsOn, 'own')
    assert.deepEqual(bench.status().alarms, ['smartclock.no-satellites'])
    assert.match(bench.status().reasons?.['smartclock.no-satellites'] ?? '', /locked with 0 satellites tracked/)
    assert.ok(bench.record.samples.slice(-5).every((sample) => sample.quality === 'holdover'))
    bench.fault('deaf-receiver', false)
    bench.run(15)
    assert.equal(bench.status().quality, 'locked')
  })

  test('the reason of a holdover comes with its alarm', () => {
    const bench = openLine({})
    bench.run(60)
    bench.fault('no-gps', true)
    bench.run(15)
    assert.deepEqual(bench.status().reasons, { 'smartclock.holdover': 'the unit waits for GPS' })
    assert.equal(bench.status().details['holdoverPresentNs'], 1000)
    bench.fault('no-gps', false)
    bench.run(60)
    assert.equal(bench.status().details['holdoverPresentNs'], undefined)
    assert.deepEqual(bench.record.faults, [])
  })

  test('what the unit adds to its log is read entry by entry', () => {
    const bench = openLine({})
    bench.run(30)
    const before = bench.asked.filter(({ command }) => command.startsWith(':DIAG:LOG:READ')).length
    assert.equal(before, 1)
    bench.fault('no-gps', true)
    bench.run(80)
    assert.match(
      String(bench.status().details['lastLogEntry']),
      /^2026-01-15T12:00:3\d Holdover started, not tracking GPS$/,
    )
    assert.equal(bench.status().details['logEntries'], 3)
    assert.equal(bench.timesAsked(':DIAG:LOG:READ? 3'), 1)
  })

  test('when and how a pending leap second comes is asked while one is pending', () => {
    const bench = openLine({ floorDate: null }, '2016-12-15T12:00:00')
    bench.run(30)
    const { leapPending, leapDate, leapMinuteSeconds } = bench.status().details
    assert.deepEqual([leapPending, leapDate, leapMinuteSeconds], [true, '2016-12-31', 61])
    const other = openLine({})
    other.run(30)
    assert.equal(other.timesAsked(':PTIM:LEAP:DATE?'), 0)
  })
})

describe('the status screen', () => {
  test('is read after a minute and then every so often, and costs at most three labels', () => {
    const bench = openLine({ statusScreenSeconds: 120 })
    bench.run(60)
    assert.equal(bench.timesAsked(':SYST:STAT?'), 0)
    bench.record.clear()
    bench.run(240)
    assert.equal(bench.timesAsked(':SYST:STAT?'), 2)
    assert.ok(bench.validLabels() >= 240 - 7, `${bench.validLabels()} labels in 240 s with two screens`)
    assert.deepEqual(bench.record.faults, [])
    const { outputs, mode, clockAdvisory, signalUnit, satellites } = bench.status().details
    assert.deepEqual(
      [outputs, mode, clockAdvisory, signalUnit],
      ['Outputs Valid', 'Locked to GPS', 'Synchronized to UTC', 'C/N'],
    )
    assert.match(String(satellites), /^3 at 88\/281: 41, 4 at 51\/306: 39/)
  })

  test('is never read if not wanted', () => {
    const bench = openLine({ statusScreenSeconds: 0 })
    bench.run(300)
    assert.equal(bench.timesAsked(':SYST:STAT?'), 0)
  })
})

describe('polling', () => {
  test('asks what a unit refuses in its state again when the state has changed, and not before', () => {
    const bench = openLine({})
    bench.run(200)
    const before = bench.timesAsked(':GPS:POS:SURV:PROG?')
    assert.ok(before <= 2, 'the state has changed once, from power-up to lock')
    bench.fault('no-gps', true)
    bench.run(100)
    assert.equal(bench.timesAsked(':GPS:POS:SURV:PROG?'), before + 1)
    assert.deepEqual(bench.record.faults, [])
  })

  test('says once that it understands the unit', () => {
    const bench = openLine({})
    bench.run(100)
    assert.equal(bench.actions.filter(({ type }) => type === 'understood').length, 1)
  })
})

describe('control', () => {
  test('writes the configured antenna delay once, reads it back, and keeps still', () => {
    const bench = openLine({ antennaDelayNs: 77 })
    bench.run(1300)
    assert.equal(bench.timesAsked(':GPS:REF:ADEL 77 NS'), 1)
    assert.ok(bench.timesAsked(':GPS:REF:ADEL?') >= 3)
    assert.equal(bench.status().details['antennaDelayNs'], 77)
    assert.deepEqual(bench.status().alarms, [])
    assert.deepEqual(bench.record.faults, [])
  })

  test('does not write a delay that is not configured, nor one that the unit has already', () => {
    for (const input of [{}, { antennaDelayNs: 0 }]) {
      const bench = openLine(input)
      bench.run(60)
      assert.ok(bench.asked.every(({ command }) => !command.startsWith(':GPS:REF:ADEL ')))
    }
  })

  test('takes no order unless the configuration allows it', () => {
    const bench = openLine({})
    bench.run(30)
    const refused = bench.order({ name: 'holdover-initiate' })
    assert.ok(!refused.ok)
    assert.equal(refused.fault.message, 'holdover-initiate: expected control = true in the options')
    bench.run(30)
    assert.equal(bench.timesAsked(':SYNC:HOLD:INIT'), 0)
  })

  test('holds over and recovers when told', () => {
    const bench = openLine({ control: true, statusScreenSeconds: 0 })
    bench.run(60)
    assert.ok(bench.order({ name: 'holdover-initiate' }).ok)
    bench.run(15)
    assert.equal(bench.status().quality, 'holdover')
    assert.ok(bench.order({ name: 'recovery-initiate' }).ok)
    bench.run(60)
    assert.equal(bench.status().quality, 'locked')
    assert.deepEqual(bench.record.faults, [])
    assert.ok(!bench.order({ name: 'antenna-delay', delayNs: 0.5 }).ok)
  })
})
