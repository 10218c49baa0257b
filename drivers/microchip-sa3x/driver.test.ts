import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { openReference } from '../../test/support/reference-bench.ts'
import { microchipSa3x } from './index.ts'
import { parseTelemetry } from './protocol.ts'

const open = (emulator: object = {}) => openReference(microchipSa3x, emulator)

describe('telemetry', () => {
  const LINE = '0,1.02,1209SA00042,68000,4012,-1234,212,1480,41250,-7,1,1250'

  test('has twelve fields in their units, or thirteen', () => {
    const read = parseTelemetry(LINE)
    assert.ok(read.ok)
    assert.deepEqual(read.value, {
      locked: true,
      firmware: '1.02',
      serial: '1209SA00042',
      tecMilliC: 68_000,
      rfTenthMilliVolt: 4_012,
      ddsCentiHertz: -1_234,
      cellHeaterMilliAmpere: 212,
      dcSignalMilliVolt: 1_480,
      temperatureMilliC: 41_250,
      digitalTuningCentiHertz: -7,
      analogTuningOn: true,
      analogTuningMilliVolt: 1_250,
      digitalTuningE15: undefined,
    })
    const later = parseTelemetry(`${LINE},-5000`)
    assert.ok(later.ok && later.value.digitalTuningE15 === -5_000)
  })

  test('locked is the character 0 and nothing else', () => {
    const unlocked = parseTelemetry(`1${LINE.slice(1)}`)
    assert.ok(unlocked.ok && !unlocked.value.locked)
    for (const bite of ['2', '', '00', '\0', 'L']) assert.ok(!parseTelemetry(bite + LINE.slice(1)).ok, bite)
  })

  test('property: any line is read or refused, none throws, and no field may be missing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (line) => {
        parseTelemetry(line)
      }),
    )
    const fields = LINE.split(',')
    for (let index = 0; index < fields.length; index++) {
      assert.ok(!parseTelemetry(fields.toSpliced(index, 1).join(',')).ok, String(index))
      assert.ok(!parseTelemetry(fields.with(index, '').join(',')).ok, String(index))
    }
  })
})

test('follows a unit from cold to its atoms, and says what it is', () => {
  for (const thirteenFields of [false, true]) {
    const bench = open({ thirteenFields })
    bench.run(3)
    assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'sa3x.not-locked'])
    bench.run(10)
    assert.deepEqual(bench.health(), ['locked', 'own'])
    assert.equal(bench.status().identity, 'Microchip MAC SA.3x 1209SA00042 1.02')
    assert.equal(bench.status().details['temperatureC'], 41.25)
    assert.equal(bench.status().details['ddsHertz'], -12.34)
    assert.equal(bench.status().details['digitalTuningE15'], thirteenFields ? 0 : undefined)
    assert.deepEqual([bench.record.faults, bench.record.samples], [[], []])
    assert.equal(bench.understood(), 1)
    assert.deepEqual(new Set(bench.asked), new Set(['^']))
  }
})

describe('faults', () => {
  for (const name of ['unlocked', 'warm-up', 'cell-heater']) {
    test(`${name} is not locked, and comes back`, () => {
      const bench = open()
      bench.run(15)
      bench.fault(name, true)
      bench.run(3)
      assert.deepEqual(bench.health(), ['unlocked', 'unknown', 'sa3x.not-locked'])
      bench.fault(name, false)
      bench.run(15)
      assert.deepEqual(bench.health(), ['locked', 'own'])
    })
  }

  test('telemetry in another form is never read as something else', () => {
    for (const name of ['field-missing', 'wrong-units', 'half-reply', 'garbage']) {
      const bench = open()
      bench.run(15)
      bench.fault(name, true)
      bench.run(15)
      assert.ok(bench.codes().every((code) => code.startsWith('scpi.')) && bench.codes().length > 0, name)
      assert.ok(
        bench.record.statuses.every(({ details }) => (details['temperatureC'] ?? 41.25) === 41.25),
        name,
      )
    }
  })

  test('an echo changes nothing; silence is unknown within ten seconds', () => {
    const bench = open()
    bench.fault('echo', true)
    bench.run(20)
    assert.deepEqual([bench.health(), bench.record.faults], [['locked', 'own'], []])
    bench.fault('silence', true)
    bench.run(12)
    assert.deepEqual(bench.health(), ['unknown', 'unknown', 'sa3x.silent'])
  })
})
