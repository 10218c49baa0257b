import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { openReference } from '../../test/support/reference-bench.ts'
import { safranMro50 } from './index.ts'
import { fineOf, parseMonitor, parseSetting, steeredE15Of, temperatureC } from './protocol.ts'

const open = (emulator: object = {}) => openReference(safranMro50, emulator)

describe('protocol', () => {
  const monitor = (tail: string): string => `${'0'.repeat(52)}${tail}`

  test('the lock flag is bit 2 of a digit, and unclear where its character says otherwise', () => {
    for (const [digit, locked] of [
      ...'4567DEF'.split('').map((character) => [character, true] as const),
      ...'012389AB'.split('').map((character) => [character, false] as const),
      ['C', undefined] as const,
    ]) {
      const read = parseMonitor(monitor(`07A0${digit}000`))
      assert.ok(read.ok)
      assert.equal(read.value.locked, locked, digit)
    }
  })

  test('the temperature is that of a thermistor: 100 kΩ is 25 °C, an open or shorted one none', () => {
    assert.equal(temperatureC(Math.round((4_095 * 100_000) / 147_000)), 25)
    assert.ok((temperatureC(0x7a0) ?? 0) > 40)
    for (const raw of [0, 4_095, 5_000, 1]) assert.equal(temperatureC(raw), undefined, String(raw))
  })

  test('steering and the fine control are each other, and run the other way', () => {
    assert.deepEqual([fineOf(0n), fineOf(3_000n), fineOf(-7_200_000n), fineOf(7_200_000n)], [2_400, 2_399, 4_800, 0])
    for (const fine of [0, 1, 2_400, 4_800]) assert.equal(fineOf(BigInt(steeredE15Of(fine))), fine)
  })

  test('property: any line is read or refused, none throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (line) => {
        parseMonitor(line)
        parseSetting(line)
      }),
    )
    fc.assert(fc.property(fc.stringMatching(/^[0-9A-Fa-f]{60}$/), (line) => assert.ok(parseMonitor(line).ok)))
  })
})

test('follows a unit from cold to its atoms', () => {
  const bench = open()
  bench.run(4)
  assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'mro50.not-locked'])
  bench.run(12)
  assert.deepEqual(bench.health(), ['locked', 'own'])
  assert.deepEqual(bench.status().details, { temperatureC: 44.61, fineControl: 2_400, coarseControl: 0x1f4a2c })
  assert.deepEqual([bench.record.faults, bench.record.samples, bench.understood()], [[], [], 1])
  assert.deepEqual(new Set(bench.asked), new Set(['MONITOR1\r', 'FD\r', 'MON_tpcb PIL_cfield C\r']))
})

describe('faults', () => {
  for (const [name, alarm] of [
    ['unlocked', 'mro50.not-locked'],
    ['lock-unclear', 'mro50.lock-unclear'],
  ] as const) {
    test(`${name} is ${alarm} and unlocked`, () => {
      const bench = open()
      bench.run(15)
      bench.fault(name, true)
      bench.run(3)
      assert.deepEqual(bench.health(), ['unlocked', 'unknown', alarm])
      bench.fault(name, false)
      bench.run(15)
      assert.deepEqual(bench.health(), ['locked', 'own'])
    })
  }

  test('a sensor without a reading, a refusal and a setting beyond its range leave the lock as it is', () => {
    for (const [name, code] of [
      ['no-sensor', undefined],
      ['refuses-all', 'mro50.refused'],
      ['fine-beyond', 'mro50.value'],
    ] as const) {
      const bench = open()
      bench.run(15)
      bench.fault(name, true)
      bench.run(70)
      assert.deepEqual(bench.health(), ['locked', 'own'])
      assert.deepEqual(bench.codes(), code === undefined ? [] : [code])
    }
  })

  test('an echo changes nothing; silence is unknown within ten seconds', () => {
    const bench = open()
    bench.fault('echo', true)
    bench.run(20)
    assert.deepEqual([bench.health(), bench.record.faults], [['locked', 'own'], []])
    bench.fault('silence', true)
    bench.run(12)
    assert.deepEqual(bench.health(), ['unknown', 'unknown', 'mro50.silent'])
  })
})

describe('steering', () => {
  test('is written to the fine control, read back, and to be seen in the pulses', () => {
    const bench = open({ fractionE15: 51_000, ageingE15PerDay: 0, pulseNoiseNs: 0 })
    bench.run(15)
    assert.equal(bench.status().steeredE15, 0)
    assert.ok(bench.steer({ fractionE15: -51_400n }).ok)
    bench.run(2)
    assert.ok(bench.asked.includes('MON_tpcb PIL_cfield C 0971\r'))
    assert.equal(bench.status().steeredE15, -51_000)
    bench.run(10_001)
    assert.ok(Math.abs(bench.pulseRateE15(10_000)) <= 200, String(bench.pulseRateE15(10_000)))
    assert.deepEqual(bench.record.faults, [])
  })

  test('is refused beyond its range and before the lock, and given up after three tries that do not take', () => {
    const bench = open()
    bench.run(4)
    assert.ok(!bench.steer({ fractionE15: 3_000n }).ok)
    bench.run(12)
    for (const fractionE15 of [7_200_001n, -7_200_001n]) assert.ok(!bench.steer({ fractionE15 }).ok)
    bench.fault('refuses-all', true)
    bench.steer({ fractionE15: 3_000n })
    bench.run(20)
    assert.equal(bench.record.faults.filter(({ code }) => code === 'mro50.steering').length, 3)
  })
})
