import assert from 'node:assert/strict'
import { test } from 'node:test'
import { divFloor } from '../../src/core/integer.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import { hp5071a } from './index.ts'

const START = monoNs(1_000n * NS_PER_SECOND + 123_456_789n)
const TIME_SET = { by: 'A. Meier', at: '2026-01-10T00:00:00Z', against: 'GNSS receiver gnss0' }

function bench(given: { timeSet?: object; emulator?: object; startsAt?: string } = {}) {
  const { startsAt = '2026-01-15T12:00:00', ...options } = given
  const parsed = unwrap(
    hp5071a.parseOptions({ ...options, emulator: { pulseNoiseNs: 0, ...options.emulator } }, 'options'),
  )
  const sky = createVirtualSky({ monoAt: START, taiAt: taiOf(startsAt) })
  const unit = hp5071a.emulate(parsed, 1, sky)
  const record = createLineRecord()
  const asked: string[] = []
  const line = createVirtualLine({
    createDriver: () => hp5071a.create(parsed, { source: 'cs0', leapTable: sky.leapTable }),
    emulator: {
      ...unit,
      receive: (bytes, now) => {
        asked.push(Buffer.from(bytes).toString('latin1').trim())
        return unit.receive(bytes, now)
      },
    },
    startAt: START,
    hear: record.hear,
  })
  const run = (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND)
  const fault = (name: string, on: boolean): void => assert.ok(unit.setFault(name, on).ok)
  const status = () => record.statuses.at(-1) ?? assert.fail('expected a status')
  const labels = (): readonly LabelSample[] =>
    record.samples.filter((sample): sample is LabelSample => sample.kind === 'label')
  const wrong = () =>
    labels().filter(
      ({ valid, taiNs, firstByteAt }) =>
        valid && taiNs !== divFloor(sky.skyTai(firstByteAt), NS_PER_SECOND) * NS_PER_SECOND,
    )
  return { line, record, run, fault, status, labels, wrong, asked, sky }
}

test('a unit whose clock nobody says to have set has a frequency and no date; its clock is shown', () => {
  const { run, status, record, asked } = bench()
  run(90)
  const { quality, dependsOn, alarms, details, identity } = status()
  assert.deepEqual([quality, dependsOn, alarms], ['locked', 'own', []])
  assert.equal(identity, 'HEWLETT-PACKARD,5071A,3249A01234,3416')
  assert.deepEqual(record.samples, [])
  assert.deepEqual(record.faults, [])
  assert.equal(details['clockMjd'], 61_055)
  assert.match(String(details['clockTime']), /^12:1?\d:\d{1,2}$/)
  assert.deepEqual(
    [details['beamNanoamperes'], details['multiplierVolts'], details['supplyMinus12Volts'], details['beamTube']],
    [20.1, 1553, -12.3, '3128A00123'],
  )
  assert.deepEqual([details['state'], details['supply'], details['continuous']], ['normal', 'AC', 'ON'])
  assert.ok(!asked.some((command) => /\*CLS|EVEN|SYNC|SLEW|REM (ON|OFF)|STE /.test(command)))
})

test('a clock that was set gives labels, each the right one, at least every two seconds', () => {
  const { run, labels, wrong, record, status } = bench({ timeSet: TIME_SET })
  run(30)
  record.clear()
  run(600)
  const valid = labels().filter((label) => label.valid)
  assert.ok(valid.length >= 290, String(valid.length))
  assert.deepEqual(wrong(), [])
  assert.deepEqual(record.faults, [])
  assert.ok(valid.every(({ names, quality }) => names === 'preceding-pulse' && quality === 'locked'))
  assert.deepEqual(status().alarms, [])
})

test('midnight passes without a wrong or a missing date', () => {
  const { run, labels, wrong, record } = bench({ timeSet: TIME_SET, startsAt: '2026-01-15T23:58:30' })
  run(30)
  record.clear()
  run(180)
  assert.ok(labels().filter(({ valid }) => valid).length >= 80)
  assert.deepEqual(wrong(), [])
  assert.deepEqual(record.faults, [])
})

test('a driver that starts as midnight passes is right from its first label on', () => {
  for (let lead = 1; lead <= 12; lead++) {
    const second = String(60 - lead).padStart(2, '0')
    const { run, wrong, labels } = bench({ timeSet: TIME_SET, startsAt: `2026-01-15T23:59:${second}` })
    run(90)
    assert.deepEqual(wrong(), [], `${lead} s before midnight`)
    assert.ok(labels().some(({ valid }) => valid))
  }
})

test('a leap second that the unit keeps is kept, and one that it does not know of is never passed on', () => {
  const startsAt = '2016-12-31T23:59:00'
  const timeSet = { ...TIME_SET, at: '2016-12-01T00:00:00Z' }
  const kept = bench({ timeSet, startsAt })
  kept.run(180)
  assert.deepEqual(kept.wrong(), [])
  assert.ok(kept.labels().filter(({ valid }) => valid).length > 60)
  assert.deepEqual(kept.status().alarms, [])
  const missed = bench({ timeSet, startsAt, emulator: { leapScheduled: false } })
  missed.run(45)
  assert.deepEqual(missed.status().alarms, ['hp5071a.leap'])
  missed.run(135)
  assert.deepEqual(missed.wrong(), [])
  assert.deepEqual(missed.status().alarms, ['hp5071a.clock-moved'])
  assert.match(missed.status().reasons?.['hp5071a.clock-moved'] ?? '', /moved since A\. Meier set it at 2016-12-01/)
})

for (const [what, given, alarm] of [
  ['set after the time that it tells', { timeSet: { ...TIME_SET, at: '2026-02-01T00:00:00Z' } }, 'hp5071a.clock-early'],
  ['set before a leap second', { timeSet: { ...TIME_SET, at: '2016-01-01T00:00:00Z' } }, 'hp5071a.leap-since-set'],
] as const) {
  test(`a clock that is said to have been ${what} is not believed`, () => {
    const { run, labels, status } = bench(given)
    run(60)
    assert.ok(labels().length > 0)
    assert.ok(labels().every(({ valid }) => !valid))
    assert.deepEqual(status().alarms, [alarm])
  })
}

for (const [name, alarm] of [
  ['light-flashing', 'hp5071a.interrupted'],
  ['clock-moved', 'hp5071a.clock-moved'],
  ['standby', 'hp5071a.standby'],
  ['fatal-error', 'hp5071a.fatal'],
] as const) {
  test(`${name} ends the trust in the clock, without one wrong label before it is noticed`, () => {
    const { run, fault, labels, wrong, status, record } = bench({ timeSet: TIME_SET })
    run(40)
    fault(name, true)
    run(20)
    assert.ok(status().alarms.includes(alarm), status().alarms.join())
    record.clear()
    run(30)
    assert.ok(labels().every(({ valid }) => !valid))
    assert.deepEqual(wrong(), [])
  })
}

test('a clock that was moved stays in doubt when it is put right again: nobody said so', () => {
  const { run, fault, labels, record } = bench({ timeSet: TIME_SET })
  run(40)
  fault('clock-moved', true)
  run(20)
  fault('clock-moved', false)
  run(60)
  record.clear()
  run(60)
  assert.ok(labels().length > 0 && labels().every(({ valid }) => !valid))
})

test('answers about health that take three seconds never hold up the time: labels come fewer, and right', () => {
  const { run, fault, labels, wrong, record } = bench({ timeSet: TIME_SET })
  run(40)
  fault('slow-diagnostics', true)
  record.clear()
  run(300)
  const valid = labels().filter((label) => label.valid)
  assert.ok(valid.length >= 60, String(valid.length))
  assert.deepEqual(wrong(), [])
  assert.deepEqual(record.faults, [])
  const gaps = valid
    .slice(1)
    .map((label, index) => label.firstByteAt - (valid[index]?.firstByteAt ?? label.firstByteAt))
  assert.ok(
    gaps.every((gap) => gap < 8n * NS_PER_SECOND),
    'pulses are counted for ten seconds without a label',
  )
})

for (const [name, alarms, quality] of [
  ['beam-low', ['hp5071a.beam'], 'locked'],
  ['pump-high', ['hp5071a.ion-pump'], 'locked'],
  ['oscillator-at-end', ['hp5071a.control'], 'locked'],
  ['on-battery', ['hp5071a.supply'], 'locked'],
  ['warning', ['hp5071a.warning'], 'locked'],
  ['standby', ['hp5071a.beam', 'hp5071a.standby'], 'unlocked'],
  ['fatal-error', ['hp5071a.beam', 'hp5071a.fatal'], 'unlocked'],
] as const) {
  test(`${name}: ${alarms.join(', ')}, ${quality}`, () => {
    const { run, fault, status } = bench()
    run(40)
    fault(name, true)
    run(40)
    assert.deepEqual([status().alarms, status().quality], [alarms, quality])
    assert.deepEqual(Object.keys(status().reasons ?? {}).sort(), alarms)
  })
}

test('what comes into the log is told, and what was there before is not', () => {
  const { run, fault, record } = bench()
  run(60)
  assert.deepEqual(record.faults, [])
  fault('warning', true)
  run(40)
  assert.deepEqual(
    record.faults.map(({ code, message }) => [code, message]),
    [['hp5071a.log', 'DIAG:LOG? 3: Log 003: RF amplitude servo at its limit']],
  )
})

test('a full error queue is read empty, entry by entry, and never cleared', () => {
  const { run, fault, record, asked } = bench()
  run(20)
  fault('error-queue-full', true)
  run(60)
  assert.equal(record.faults.filter(({ code }) => code === 'hp5071a.instrument-error').length, 30)
  assert.match(record.faults.at(-1)?.message ?? '', /got -350 "Too many errors"$/)
  assert.ok(!asked.includes('*CLS'))
})

test('what a firmware does not know is asked less and less', () => {
  const { run, fault, asked, record, status } = bench()
  fault('few-queries', true)
  run(3_600)
  assert.ok(asked.filter((command) => command === 'DIAG:CBTS?').length <= 9)
  assert.ok(record.faults.length <= 40, String(record.faults.length))
  assert.equal(status().quality, 'locked')
})

test('steering takes REMOTE, moves the pulse, is read back, and leaves REMOTE as it was', () => {
  const { line, run, asked, record, status, sky } = bench({ emulator: { fractionE15: 0 } })
  run(20)
  asked.length = 0
  unwrap(line.steer({ fractionE15: 999_996n }))
  run(2)
  assert.deepEqual(
    asked.filter((command) => /REM|STE/.test(command)),
    ['SYST:REM?', 'SYST:REM ON', 'ROSC:STE 1.000E-9', 'ROSC:STE?', 'SYST:REM OFF'],
  )
  run(1_000)
  assert.deepEqual(record.faults, [])
  assert.equal(status().details['steeringE15'], 1_000_000)
  const last = record.pulses.at(-1) ?? assert.fail('expected pulses')
  const early = NS_PER_SECOND - (sky.skyTai(last) % NS_PER_SECOND)
  assert.ok(early >= 990n && early <= 1_010n, `${early} ns early after 1000 s of 1e-9`)
})

test('a unit that does not grant REMOTE refuses with +201, which is told once', () => {
  const { line, run, record } = bench({ emulator: { grantsRemote: false } })
  run(20)
  unwrap(line.steer({ fractionE15: 100n }))
  run(10)
  const codes = record.faults.map(({ code }) => code)
  assert.deepEqual(codes, ['hp5071a.steering', 'hp5071a.instrument-error'])
  assert.match(record.faults[0]?.message ?? '', /expected 100e-15 to be taken, got error \+201/)
})

test('steering is refused beyond its range, in any state but the normal one, and while an order is under way', () => {
  const { line, run, fault } = bench()
  assert.match(faultOf(line.steer({ fractionE15: 10n })).message, /in normal operation, got one that is unknown/)
  run(20)
  assert.match(faultOf(line.steer({ fractionE15: -1_000_001n })).message, /within ±1000000e-15/)
  unwrap(line.steer({ fractionE15: 10n }))
  assert.match(faultOf(line.steer({ fractionE15: 20n })).message, /no order under way/)
  fault('standby', true)
  run(15)
  assert.match(faultOf(line.steer({ fractionE15: 10n })).message, /got one that is unlocked/)
})

test('another instrument is named and asked nothing else', () => {
  const driver = hp5071a.create(unwrap(hp5071a.parseOptions({}, 'o')), {
    source: 's',
    leapTable: bench().sky.leapTable,
  })
  const said: string[] = []
  let now = START
  for (let turn = 0; turn < 200; turn++) {
    const at = driver.nextWakeAt()
    now = at !== undefined && at > now ? at : now
    for (const action of driver.wake(now)) {
      if (action.type === 'status') said.push(...action.status.alarms)
      if (action.type !== 'write') continue
      const command = Buffer.from(action.bytes).toString('latin1').trim()
      assert.ok(['', '*IDN?'].includes(command), command)
      const reply = command === '' ? 'scpi > ' : 'HEWLETT-PACKARD,58503A,3710A01056,3704-C\r\nscpi > '
      for (const next of driver.receive(Buffer.from(reply), now)) {
        if (next.type === 'status') said.push(...next.status.alarms)
        if (next.type === 'write') {
          const second = Buffer.from('HEWLETT-PACKARD,58503A,3710A01056,3704-C\r\nscpi > ')
          for (const last of driver.receive(second, now)) if (last.type === 'status') said.push(...last.status.alarms)
        }
      }
    }
  }
  assert.ok(said.includes('hp5071a.other-instrument'), said.join())
})

test('through every fault, of the line and of the unit, no believed label is wrong', () => {
  for (const name of Object.keys(hp5071a.faults)) {
    const { run, fault, wrong, labels } = bench({ timeSet: TIME_SET })
    run(40)
    fault(name, true)
    run(40)
    fault(name, false)
    run(90)
    assert.deepEqual(wrong(), [], name)
    assert.ok(labels().length > 10, name)
  }
})
