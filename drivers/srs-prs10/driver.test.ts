import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import { createDriver } from './driver.ts'
import { srsPrs10 } from './index.ts'

const START = monoNs(1_000n * NS_PER_SECOND)

function bench(emulator: object = {}) {
  const options = unwrap(srsPrs10.parseOptions({ emulator: { pulseNoiseNs: 0, ...emulator } }, 'options'))
  const sky = createVirtualSky({ monoAt: START, taiAt: taiOf('2026-01-15T12:00:00') })
  const unit = srsPrs10.emulate(options, 1, sky)
  const record = createLineRecord()
  const asked: string[] = []
  let understood = 0
  const line = createVirtualLine({
    createDriver,
    emulator: {
      receive: (bytes, now) => {
        asked.push(Buffer.from(bytes).toString('latin1'))
        return unit.receive(bytes, now)
      },
      wake: unit.wake,
      nextWakeAt: unit.nextWakeAt,
      setFault: unit.setFault,
    },
    startAt: START,
    hear: (event) => {
      if (event.action.type === 'understood') understood += 1
      record.hear(event)
    },
  })
  const run = (seconds: number): void => line.advance(BigInt(Math.round(seconds * 1000)) * 1_000_000n)
  const fault = (name: string, on: boolean): void => assert.ok(unit.setFault(name, on).ok)
  const status = () => record.statuses.at(-1) ?? assert.fail('expected a status')
  return { line, record, run, fault, status, asked, sky, understood: () => understood }
}

test('a locked unit is locked, depends on itself, and tells what it has', () => {
  const { run, status, record, asked, understood } = bench()
  run(70)
  const { quality, dependsOn, alarms, identity, details } = status()
  assert.deepEqual([quality, dependsOn, alarms, identity], ['locked', 'own', [], 'PRS10_3.56_SN_107831'])
  assert.deepEqual(
    [details['serial'], details['lock'], details['follows'], details['following'], details['steeringE15']],
    ['107831', true, false, false, 0],
  )
  assert.deepEqual([details['caseCelsius'], details['supplyVolts'], details['controlE12']], [72.8, 23.31, 297_000])
  assert.deepEqual(record.samples, [])
  assert.deepEqual(record.faults, [])
  assert.equal(understood(), 1)
  assert.equal(asked[0], '\x11\rVB0\r')
  assert.equal(asked[1], 'ID?\r')
  assert.ok(!asked.some((command) => command.includes('!')))
})

test('the time tag is the input by the own pulse, and goes when none comes', () => {
  const { run, status, fault } = bench({ fractionE15: -1_000_000 })
  run(60)
  const tag = status().details['timeTagNs']
  assert.ok(typeof tag === 'number' && tag < 0 && tag > -100, String(tag))
  fault('no-input-pulse', true)
  run(12)
  assert.equal(status().details['timeTagNs'], undefined)
  assert.deepEqual(status().alarms, [], 'a unit that does not follow needs no input')
})

test('a bit that only one reading showed is told for a minute, and then no more', () => {
  const { run, status, fault } = bench()
  run(10)
  fault('watchdog-reset', true)
  run(3)
  assert.deepEqual(status().alarms, ['prs10.reset'])
  assert.equal(status().reasons?.['prs10.reset'], 'watchdog time-out and reset (ST6 bit 1)')
  assert.equal(status().quality, 'locked')
  run(55)
  assert.deepEqual(status().alarms, ['prs10.reset'])
  run(6)
  assert.deepEqual(status().alarms, [])
})

for (const [name, alarms, quality] of [
  ['lamp-low', ['prs10.lamp'], 'unlocked'],
  ['heater-out', ['prs10.rf', 'prs10.supply', 'prs10.temperature', 'prs10.unlocked'], 'unlocked'],
  ['crystal-out', ['prs10.control', 'prs10.rf'], 'locked'],
  ['eeprom', ['prs10.eeprom'], 'locked'],
] as const) {
  test(`${name}: ${quality}, ${alarms.join(', ')}`, () => {
    const { run, status, fault, record } = bench()
    run(10)
    fault(name, true)
    run(5)
    assert.deepEqual([status().alarms, status().quality], [alarms, quality])
    assert.deepEqual(Object.keys(status().reasons ?? {}).sort(), alarms)
    assert.deepEqual(record.faults, [])
  })
}

test('silence is an alarm, and what was known is not told as if it still were', () => {
  const { run, status, fault } = bench()
  run(10)
  fault('silence', true)
  run(15)
  assert.deepEqual([status().quality, status().alarms], ['unknown', ['prs10.silent']])
  fault('silence', false)
  run(15)
  assert.deepEqual([status().quality, status().alarms], ['locked', []])
})

test('a unit that an XOFF stopped is set going again', () => {
  const { run, status, fault, record } = bench()
  run(10)
  fault('xoff', true)
  run(8)
  assert.deepEqual([status().quality, status().alarms], ['locked', []])
  assert.deepEqual(
    record.faults.map(({ code }) => code),
    ['scpi.no-reply'],
  )
})

test('verbose replies are ended', () => {
  const { run, fault, record } = bench()
  run(10)
  fault('verbose', true)
  run(8)
  assert.deepEqual(
    record.faults.map(({ code }) => code),
    ['scpi.bad-reply'],
  )
  record.clear()
  run(60)
  assert.deepEqual(record.faults, [])
})

test('questions that a firmware does not know are put off further and further', () => {
  const { run, fault, record, asked, status } = bench()
  fault('few-queries', true)
  run(120)
  const early = record.faults.length
  assert.ok(early >= 4, String(early))
  record.clear()
  run(3_600)
  assert.ok(record.faults.length <= 40, String(record.faults.length))
  assert.equal(status().quality, 'locked')
  assert.ok(asked.filter((command) => command === 'DS?\r').length <= 9)
})

test('steering moves the pulse, is read back, and leaves no fault', () => {
  const { line, run, status, record, sky } = bench({ fractionE15: 0, ageingE15PerDay: 0 })
  run(15)
  unwrap(line.steer({ fractionE15: 1_500_400n }))
  run(1_000)
  assert.equal(status().details['steeringE15'], 1_500_000)
  assert.deepEqual(record.faults, [])
  const last = record.pulses.at(-1) ?? assert.fail('expected pulses')
  const early = 1_000_000_000n - (sky.skyTai(last) % 1_000_000_000n)
  assert.ok(early > 1_450n && early < 1_550n, `${early} ns early after 1000 s of 1.5e-9`)
})

test('steering is refused beyond its range, before the lock is known, and while the unit follows its input', () => {
  const { line, run } = bench({ follows: true })
  const steer = (fractionE15: bigint) => line.steer({ fractionE15 })
  assert.match(faultOf(steer(0n)).message, /expected a unit that is locked, got one that is unknown/)
  run(15)
  assert.match(faultOf(steer(2_000_001n)).message, /within ±2000000e-15, got 2000001e-15/)
  assert.match(faultOf(steer(0n)).message, /follows no input pulse \(PL 0\), got PL 1/)
})

test('a unit that follows depends on what it follows, and says when that is gone', () => {
  const { run, status, fault } = bench({ follows: true })
  run(12)
  assert.equal(status().dependsOn, 'sky')
  fault('no-input-pulse', true)
  run(5)
  assert.deepEqual([status().dependsOn, status().alarms], ['own', ['prs10.input-pulse']])
})

test('after a power cut the unit greets, is unlocked until it is warm, and says that it was reset', () => {
  const { run, status, fault } = bench()
  run(10)
  fault('power-cycle', true)
  run(12)
  assert.deepEqual(status().alarms, ['prs10.silent'])
  fault('power-cycle', false)
  run(12)
  assert.equal(status().quality, 'unlocked')
  assert.ok(status().alarms.includes('prs10.reset') && status().alarms.includes('prs10.temperature'))
  run(100)
  assert.deepEqual([status().quality, status().alarms], ['locked', []])
})
