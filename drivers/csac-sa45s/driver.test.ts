import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openReference } from '../../test/support/reference-bench.ts'
import { csacSa45s } from './index.ts'

const open = (emulator: object = {}) => openReference(csacSa45s, emulator)

test('follows a free-running unit up its ladder, and says what it is', () => {
  const bench = open()
  bench.run(3)
  assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'csac.not-locked'])
  assert.match(bench.status().reasons?.['csac.not-locked'] ?? '', /^Status [5678]: [a-z ]+$/)
  bench.run(20)
  assert.deepEqual(bench.health(), ['locked', 'own'])
  assert.equal(bench.status().identity, 'SA.45s CSAC 1209CS00909 1.09')
  const { secondsCounter, lockedSeconds, ...details } = bench.status().details
  assert.ok(Number(secondsCounter) >= 20 && Number(lockedSeconds) >= 20)
  assert.deepEqual(details, {
    serial: '1209CS00909',
    firmware: '1.09',
    stage: 'locked',
    mode: '0x0000',
    contrast: 4381,
    laserMilliAmpere: 0.86,
    tcxoVolt: 1.573,
    heaterMilliWatt: 17.62,
    signalVolt: 0.996,
    temperatureC: 28.26,
    steerE12: 0,
  })
  assert.deepEqual(bench.record.faults, [])
  assert.deepEqual(bench.record.samples, [])
  assert.equal(bench.understood(), 1)
  assert.deepEqual(new Set(bench.asked), new Set(['!6\r\n', '!^\r\n', '!F?\r\n']))
})

test('a unit that follows its input is locked on the sky, holds over without a pulse, and comes back', () => {
  const bench = open({ disciplining: true, tauSeconds: 10, pulseOffsetNs: 100 })
  bench.run(14)
  assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'csac.discipline-acquiring'])
  bench.run(150)
  assert.deepEqual(bench.health(), ['locked', 'sky'])
  assert.equal(bench.status().details['modes'], 'discipline')
  bench.fault('no-pps-in', true)
  bench.run(3)
  assert.deepEqual(bench.health(), ['holdover', 'own', 'csac.no-pps-in'])
  bench.fault('no-pps-in', false)
  bench.run(60)
  assert.deepEqual(bench.health(), ['locked', 'sky'])
})

describe('health', () => {
  for (const [fault, alarm, quality] of [
    ['contrast-low', 'csac.contrast-low', 'unlocked'],
    ['light-low', 'csac.light-low', 'unlocked'],
    ['heater-high', 'csac.heater-high', 'unlocked'],
    ['laser-high', 'csac.laser-high', 'unlocked'],
    ['unnamed-alarm', 'csac.unnamed-alarm', 'unlocked'],
    ['unlocked', 'csac.not-locked', 'unlocked'],
    ['auto-sync', 'csac.auto-sync', 'locked'],
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
      bench.run(20)
      assert.deepEqual(bench.health(), ['locked', 'own'])
    })
  }

  test('a unit that sleeps to save power is not believed', () => {
    const bench = open()
    bench.run(20)
    bench.fault('asleep', true)
    bench.run(3)
    assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'csac.not-locked', 'csac.ultra-low-power'])
  })
})

describe('the line', () => {
  test('another firmware with other fields in another order is read by its own headers', () => {
    const bench = open()
    bench.run(20)
    bench.fault('other-firmware', true)
    bench.run(30)
    assert.deepEqual(bench.health(), ['locked', 'own'])
    assert.equal(bench.status().details['temperatureC'], 28.26)
    assert.ok(bench.codes().every((code) => code === 'scpi.bad-reply'))
  })

  test('a value in other units is said, and not shown', () => {
    const bench = open()
    bench.run(20)
    bench.fault('wrong-units', true)
    bench.run(5)
    assert.deepEqual(bench.codes(), ['csac.value'])
    assert.equal(bench.status().details['temperatureC'], undefined)
    assert.deepEqual(bench.health(), ['locked', 'own'])
  })

  test('an echo changes nothing, garbage nothing for good, silence is unknown', () => {
    const echo = open()
    echo.fault('echo', true)
    echo.run(30)
    assert.deepEqual([echo.health(), echo.record.faults], [['locked', 'own'], []])
    const bench = open()
    bench.run(20)
    bench.fault('garbage', true)
    bench.run(20)
    bench.fault('garbage', false)
    bench.run(30)
    assert.deepEqual(bench.health(), ['locked', 'own'])
    bench.fault('silence', true)
    bench.run(12)
    assert.deepEqual(bench.health(), ['unknown', 'unknown', 'csac.silent'])
  })
})

describe('steering', () => {
  test('is written in 1e-15, kept in whole 1e-12, read back, and to be seen in the pulses', () => {
    const bench = open({ fractionE15: 50_000, ageingE15PerDay: 0, pulseNoiseNs: 0 })
    bench.run(20)
    assert.equal(bench.status().steeredE15, 0)
    assert.ok(bench.steer({ fractionE15: -50_499n }).ok)
    bench.run(2)
    assert.ok(bench.asked.includes('!FA-50000\r\n'))
    assert.equal(bench.status().steeredE15, -50_000)
    bench.run(10_001)
    assert.ok(Math.abs(bench.pulseRateE15(10_000)) <= 200, String(bench.pulseRateE15(10_000)))
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
    const refused = following.steer({ fractionE15: 1_000n })
    assert.ok(!refused.ok && refused.fault.code === 'csac.steering')
    assert.ok([...cold.asked, ...following.asked].every((text) => !text.includes('!FA')))
  })
})
