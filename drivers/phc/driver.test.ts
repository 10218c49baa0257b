import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LeapTable } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { TimeSample } from '../../src/core/sample.ts'
import { monoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import type { ClockAction } from '../clock-driver.ts'
import { phc } from './index.ts'

const SECOND = NS_PER_SECOND
/** 2026-01-01T00:00:37 TAI. */
const START = taiNs(1_767_225_637n * SECOND)
const ACCURACY_NS = 50n

/** A driver and an emulated clock, a reading a second; the sky is TAI from `start`, the oscillator 30 ppm slow. */
function setUp(scale: 'tai' | 'utc' = 'tai', leapTable: LeapTable = EMBEDDED_LEAP_TABLE, start: TaiNs = START) {
  const skyTai = (at: bigint): TaiNs => taiNs(start + at + (at * 30n) / 1_000_000n)
  const skyMono = (tai: TaiNs) => monoNs(((tai - start) * 1_000_000n) / 1_000_030n)
  const options = unwrap(phc.parseOptions({ scale }, 'test'))
  const emulator = phc.emulate(options, 7, { leapTable, skyTai, skyMono })
  const driver = phc.create(options, { source: 'card', leapTable, accuracyNs: ACCURACY_NS })
  let now = monoNs(0n)
  const actions: ClockAction[] = []
  const samplesOf = (heard: readonly ClockAction[]): readonly TimeSample[] =>
    heard.flatMap((action) => (action.type === 'sample' ? [action.sample] : []))
  return {
    skyTai,
    actions,
    fault: (name: string, on: boolean) => unwrap(emulator.setFault(name, on)),
    /** Returns the samples of these seconds, each of which must be right. */
    run: (seconds: number): readonly TimeSample[] => {
      const heard: ClockAction[] = []
      for (let second = 0; second < seconds; second++) {
        now = plus(now, SECOND)
        heard.push(...driver.read(emulator.read(now)))
      }
      actions.push(...heard)
      for (const { taiNs: said, monoNs: at, accuracyNs, precisionNs } of samplesOf(heard)) {
        const offNs = said - skyTai(at)
        assert.ok(offNs <= accuracyNs + precisionNs && -offNs <= accuracyNs + precisionNs, `${offNs} ns off`)
      }
      return samplesOf(heard)
    },
    alarms: (): readonly string[] =>
      actions.flatMap((action) => (action.type === 'status' ? [action.status.alarms] : [])).at(-1) ?? [],
    faults: (): readonly string[] => actions.flatMap((action) => (action.type === 'fault' ? [action.fault.code] : [])),
  }
}

test('a clock is believed after some steady readings, to what the configuration says of it', () => {
  for (const scale of ['tai', 'utc'] as const) {
    const { run, alarms, faults } = setUp(scale)
    assert.deepEqual(run(4), [])
    assert.deepEqual(alarms(), ['phc.settling'])
    const samples = run(60)
    assert.equal(samples.length, 60)
    assert.ok(samples.every(({ quality, accuracyNs }) => quality === 'locked' && accuracyNs === ACCURACY_NS))
    assert.deepEqual([alarms(), faults()], [[], []])
  }
})

for (const [fault, code] of [
  ['stepped', 'phc.stepped'],
  ['still', 'phc.stands-still'],
  ['fast', 'phc.rate'],
  ['unset', 'phc.date'],
] as const) {
  test(`a clock with the fault ${fault} is not believed while it lasts, says ${code}, and is believed again after it`, () => {
    const { run, fault: set, alarms, faults } = setUp()
    run(20)
    set(fault, true)
    // What begins now shows at the next reading; this one is right, or not believed.
    run(1)
    assert.deepEqual(run(4), [])
    // A step that is over is a clock that runs, wherever: only others can tell that it is wrong now.
    if (fault !== 'stepped') assert.deepEqual(run(30), [])
    assert.ok(faults().includes(code), `${fault}: ${faults().join(' ')}`)
    set(fault, false)
    assert.deepEqual(run(5), [])
    assert.equal(run(20).length, 20)
    assert.deepEqual(alarms(), [])
  })
}

test('a clock that counts UTC is not believed around a leap second, and right after it', () => {
  const table: LeapTable = {
    entries: [...EMBEDDED_LEAP_TABLE.entries, { sinceUtcSecond: 1_767_225_600n + 60n, taiMinusUtcSeconds: 38 }],
    expiresAtUtcSecond: EMBEDDED_LEAP_TABLE.expiresAtUtcSecond,
    origin: 'test',
  }
  const { run, actions, faults } = setUp('utc', table)
  run(120)
  const seen = actions.flatMap((action) => (action.type === 'sample' ? [Number(action.sample.monoNs / SECOND)] : []))
  // The inserted second begins 60 s after the start.
  assert.ok(seen.includes(57) && !seen.some((second) => second >= 58 && second <= 62), seen.join(' '))
  assert.ok(seen.includes(100))
  assert.ok(faults().includes('phc.leap-second'))
})

test('without a leap table that reaches to now nothing of UTC is believed, and all of TAI', () => {
  const expired = { ...EMBEDDED_LEAP_TABLE, expiresAtUtcSecond: 1_700_000_000n }
  const utc = setUp('utc', expired)
  assert.deepEqual([utc.run(30).length, utc.alarms()], [0, ['phc.leap-table']])
  assert.ok(setUp('tai', expired).run(30).length > 20)
})

test('the status is told when it changes, and else twice a minute', () => {
  const { run, actions } = setUp()
  run(300)
  const told = actions.filter(({ type }) => type === 'status').length
  assert.ok(told >= 10 && told <= 13, String(told))
})

test('whatever a clock shows, nothing is thrown and what is believed has moved as clocks move', () => {
  const step = fc.record({
    elapsedNs: fc.bigInt(1n, 5_000_000_000n),
    movedNs: fc.oneof(fc.constant(0n), fc.bigInt(-2_000_000n, 2_000_000n), fc.bigInt(-(1n << 62n), 1n << 62n)),
    bracketNs: fc.bigInt(0n, 1_000_000n),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom('tai', 'utc'), (steps, scale) => {
      const options = unwrap(phc.parseOptions({ scale }, 'test'))
      const driver = phc.create(options, { source: 'card', leapTable: EMBEDDED_LEAP_TABLE, accuracyNs: 1n })
      let [mono, shown] = [0n, START as bigint]
      let believed: TimeSample | undefined
      for (const { elapsedNs, movedNs, bracketNs } of steps) {
        mono += elapsedNs
        shown += elapsedNs + movedNs
        const samples = driver.read({ monoNs: monoNs(mono), shownNs: shown, bracketNs })
        for (const action of samples) {
          if (action.type !== 'sample') continue
          assert.ok(action.sample.precisionNs * 2n >= bracketNs)
          believed = action.sample
        }
      }
      assert.ok(believed === undefined || believed.quality === 'locked')
    }),
  )
})

test('options that are none are refused with what was expected', () => {
  assert.match(
    faultOf(phc.parseOptions({ scale: 'gps' }, 'sources[0].options')).message,
    /scale: expected one of tai, utc/,
  )
})
