import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openReference } from '../../test/support/reference-bench.ts'
import { microchipSa5x } from './index.ts'

const open = (emulator: object = {}) => openReference(microchipSa5x, emulator)

test('follows a free-running unit from cold to its atoms, and says what it is', () => {
  const bench = open()
  bench.run(3)
  assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'sa5x.not-locked'])
  bench.run(20)
  assert.deepEqual(bench.health(), ['locked', 'own'])
  assert.equal(bench.status().identity, 'Microchip SA5x 2107MA00042 V1.1,0x5A000110')
  assert.deepEqual(bench.status().details, {
    firmware: 'V1.1,0x5A000110',
    serial: '2107MA00042',
    locked: 1,
    alarms: 0,
    disciplining: false,
    disciplineLocked: false,
    ppsInDetected: true,
    lockProgressPercent: 100,
    phaseNs: bench.status().details['phaseNs'],
    lastCorrectionE15: 0,
    tauSeconds: 50,
    temperatureC: 46.125,
    digitalTuningE15: 0,
    analogTuningEnabled: false,
  })
  assert.deepEqual(bench.record.faults, [])
  assert.deepEqual(bench.record.samples, [])
  assert.equal(bench.understood(), 1)
})

test('throws away what the unit may be in the middle of, numbers its commands and sums them', () => {
  const bench = open()
  bench.run(3)
  assert.equal(bench.asked[0], '\\{swrev?#FF|79}')
  assert.match(bench.asked[1] ?? '', /^\{serial\?#01\|[0-9A-F]{2}\}$/)
  bench.run(120)
  assert.ok(bench.asked.every((text) => !text.includes('set') && !text.includes('store') && !text.includes('latch')))
})

describe('a unit that follows its input', () => {
  test('is locked on the sky once its phase is in, goes into holdover without a pulse, and comes back', () => {
    const bench = open({ disciplining: true, tauSeconds: 10, pulseOffsetNs: 100 })
    bench.run(12)
    assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'sa5x.discipline-acquiring'])
    bench.run(120)
    assert.deepEqual(bench.health(), ['locked', 'sky'])
    bench.fault('no-pps-in', true)
    bench.run(5)
    assert.deepEqual(bench.health(), ['holdover', 'own', 'sa5x.no-pps-in'])
    assert.match(bench.status().reasons?.['sa5x.no-pps-in'] ?? '', /PpsInDetected is 0/)
    bench.fault('no-pps-in', false)
    bench.run(60)
    assert.deepEqual(bench.health(), ['locked', 'sky'])
  })

  test('that never had a pulse has nothing to hold over', () => {
    const bench = open({ disciplining: true })
    bench.fault('no-pps-in', true)
    bench.run(30)
    assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'sa5x.no-pps-in'])
  })

  test('at the end of its range is not believed', () => {
    const bench = open({ disciplining: true, tauSeconds: 10 })
    bench.run(60)
    bench.fault('tuning-range', true)
    bench.run(3)
    assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'sa5x.tuning-range'])
  })
})

describe('health', () => {
  for (const [fault, alarm, quality] of [
    ['cell-heater', 'sa5x.cell-heater', 'unlocked'],
    ['pll', 'sa5x.pll', 'unlocked'],
    ['unnamed-alarm', 'sa5x.unnamed-alarm', 'unlocked'],
    ['temperature', 'sa5x.temperature', 'locked'],
    ['tuning-range', 'sa5x.tuning-range', 'locked'],
    ['unlocked', 'sa5x.not-locked', 'unlocked'],
    ['warm-up', 'sa5x.not-locked', 'unlocked'],
  ] as const) {
    test(`${fault} is ${alarm}, with its reason, and ${quality}`, () => {
      const bench = open()
      bench.run(20)
      bench.fault(fault, true)
      bench.run(3)
      assert.equal(bench.status().quality, quality)
      assert.deepEqual(bench.status().alarms, [alarm])
      assert.ok((bench.status().reasons?.[alarm] ?? '').length > 10)
      bench.fault(fault, false)
      bench.run(15)
      assert.deepEqual(bench.health(), ['locked', 'own'])
    })
  }
})

describe('the line', () => {
  test('a wrong checksum or number is found out, and no reading comes of it', () => {
    for (const name of ['bad-checksum', 'wrong-sequence', 'late-reply', 'half-reply', 'garbage']) {
      const bench = open()
      bench.run(20)
      bench.fault(name, true)
      bench.run(20)
      assert.ok(
        bench.codes().every((code) => code.startsWith('scpi.')),
        name,
      )
      assert.ok(bench.codes().length > 0, name)
      assert.ok(bench.record.statuses.every(({ details }) => (details['temperatureC'] ?? 46.125) === 46.125))
    }
  })

  test('an echo changes nothing', () => {
    const bench = open()
    bench.fault('echo', true)
    bench.run(60)
    assert.deepEqual(bench.health(), ['locked', 'own'])
    assert.deepEqual(bench.record.faults, [])
  })

  test('a value in other units is said, and not shown', () => {
    const bench = open()
    bench.run(20)
    bench.fault('wrong-units', true)
    bench.run(12)
    assert.deepEqual(bench.codes(), ['sa5x.value'])
    assert.equal(bench.status().details['temperatureC'], undefined)
    assert.deepEqual(bench.health(), ['locked', 'own'])
  })

  test('a firmware that does not know a parameter is asked for it once a minute', () => {
    const bench = open()
    bench.fault('unknown-parameter', true)
    bench.run(125)
    assert.ok(bench.asked.filter((text) => text.includes('LockProgress')).length <= 3)
    assert.deepEqual(bench.record.faults, [])
  })

  test('silence is unknown within ten seconds', () => {
    const bench = open()
    bench.run(20)
    bench.fault('silence', true)
    bench.run(12)
    assert.deepEqual(bench.health(), ['unknown', 'unknown', 'sa5x.silent'])
    assert.equal(bench.status().steeredE15, undefined)
  })
})

describe('steering', () => {
  test('is written, read back and to be seen in the pulses', () => {
    const bench = open({ fractionE15: 50_000, ageingE15PerDay: 0, pulseNoiseNs: 0 })
    bench.run(20)
    assert.equal(bench.status().steeredE15, 0)
    assert.ok(bench.steer({ fractionE15: -50_000n }).ok)
    bench.run(1)
    assert.equal(bench.asked.filter((text) => text.startsWith('{set#')).length, 1)
    assert.equal(bench.status().steeredE15, -50_000)
    bench.run(20_001)
    // A nanosecond in 20,000 s is 5e-14.
    assert.ok(Math.abs(bench.pulseRateE15(20_000)) <= 100, String(bench.pulseRateE15(20_000)))
    assert.deepEqual(bench.record.faults, [])
  })

  test('is refused beyond its range, while the unit follows its input, and before it is locked', () => {
    const cold = open()
    cold.run(3)
    assert.ok(!cold.steer({ fractionE15: 1n }).ok)
    cold.run(20)
    for (const fractionE15 of [20_000_001n, -20_000_001n]) assert.ok(!cold.steer({ fractionE15 }).ok)
    const following = open({ disciplining: true })
    following.run(60)
    const refused = following.steer({ fractionE15: 1n })
    assert.ok(!refused.ok && refused.fault.code === 'sa5x.steering')
    assert.ok([...cold.asked, ...following.asked].every((text) => !text.includes('set')))
  })

  test('begins again when the line fails in the middle, and comes through', () => {
    const bench = open()
    bench.run(20)
    bench.fault('half-reply', true)
    bench.steer({ fractionE15: 777n })
    bench.run(4)
    bench.fault('half-reply', false)
    bench.run(20)
    assert.equal(bench.status().steeredE15, 777)
  })

  test('a unit that restarts in the middle is told again', () => {
    const bench = open()
    bench.run(20)
    bench.steer({ fractionE15: 777n })
    bench.fault('power-cycle', true)
    bench.run(2)
    bench.fault('power-cycle', false)
    bench.run(30)
    assert.equal(bench.status().steeredE15, 777)
  })
})
