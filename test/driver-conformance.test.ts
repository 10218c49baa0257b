import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { DriverFamily, EmulatorContext } from '../drivers/driver.ts'
import { families } from '../drivers/index.ts'
import { abs, divCeil, divFloor } from '../src/core/integer.ts'
import type { LabelSample, TimeSample } from '../src/core/sample.ts'
import { monoNs, NS_PER_SECOND, plus } from '../src/core/time.ts'
import { createLineRecord, createVirtualLine } from './support/virtual-line.ts'
import { createVirtualSky, taiOf } from './support/virtual-sky.ts'

/** What every family owes to the contract in drivers/driver.ts, shown with its own emulator on virtual time. */

const START_AT = monoNs(1_000n * NS_PER_SECOND + 123_456_789n)
const HOUR_NS = 3600n * NS_PER_SECOND
const MEBIBYTE = 1024 * 1024

test('there are families to test, each with a name of its own', () => {
  assert.ok(families.length > 0)
  assert.equal(new Set(families.map((family) => family.kind)).size, families.length)
})

for (const family of families) {
  describe(`driver family ${family.kind}`, () => {
    test('has a name, a title, a line on each fault, and a sheet', () => describesItself(family))
    test('refuses an unknown option with its path, what was expected and what came', () => refusesUnknownOption(family))
    test('gives right samples and no fault in a minute with its emulator', () => givesRightSamples(family))
    test('hears the same from bytes that come one at a time', () => hearsSingleBytes(family))
    test('has an emulator that repeats itself from its seed, and refuses unknown faults', () =>
      emulatesByTheSeed(family))
    for (const name of Object.keys(family.faults)) {
      test(`lives through the fault ${name} and recovers`, () => recoversFromFault(family, name))
    }
    test('lives through random bytes and recovers', () => recoversFromGarbage(family))
    test('stays silent enough in a flood of bytes, and recovers', () => recoversFromFlood(family))
    test('takes a spurious wake as nothing', () => ignoresSpuriousWakes(family))
    test('takes a wake an hour late in its stride', () => recoversFromLateWake(family))
  })
}

function open(family: DriverFamily<unknown>, seed = 1, chunkBytesMax?: number) {
  const options = family.parseOptions({}, 'options')
  assert.ok(options.ok, 'a family works without any option')
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00') })
  const emulator = family.emulate(options.value, seed, sky)
  const record = createLineRecord()
  const line = createVirtualLine({
    createDriver: () => family.create(options.value, { source: 'source0', leapTable: sky.leapTable }),
    emulator,
    startAt: START_AT,
    hear: record.hear,
    ...(chunkBytesMax === undefined ? {} : { chunkBytesMax }),
  })
  const run = (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND)
  return { family, emulator, line, record, run, sky }
}

type Bench = ReturnType<typeof open>

/** Runs long enough for any instrument to find itself again, then a minute of which everything must be right. */
function expectRecovery(bench: Bench): void {
  bench.run(120)
  bench.record.clear()
  bench.run(60)
  expectRightSamples(bench)
}

function expectRightSamples({ family, record, sky }: Bench): void {
  assert.deepEqual(record.faults, [])
  const valid = record.samples.filter(isValid)
  if (family.timeOfDay === 'none') assert.deepEqual(record.samples, [], 'a family without time of day has no samples')
  else assert.ok(valid.length >= 10, `expected at least 10 valid samples in a minute, got ${valid.length}`)
  for (const sample of valid) expectRight(sample, sky)
  assert.equal(record.statuses.at(-1)?.quality, 'locked')
  assert.deepEqual(record.statuses.at(-1)?.alarms, [])
}

function isValid(sample: LabelSample | TimeSample): boolean {
  return sample.kind === 'label' ? sample.valid : sample.quality !== 'unlocked'
}

function expectRight(sample: LabelSample | TimeSample, sky: EmulatorContext): void {
  assert.equal(sample.source, 'source0')
  if (sample.kind === 'time') {
    const errorNs = abs(sample.taiNs - sky.skyTai(sample.monoNs))
    assert.ok(errorNs <= sample.accuracyNs + sample.precisionNs, `${errorNs} ns off`)
    return
  }
  assert.ok(sample.firstByteAt <= sample.lastByteAt)
  const tai = sky.skyTai(sample.firstByteAt)
  const second = sample.names === 'preceding-pulse' ? divFloor(tai, NS_PER_SECOND) : divCeil(tai, NS_PER_SECOND)
  assert.equal(sample.taiNs, second * NS_PER_SECOND)
}

function describesItself(family: DriverFamily<unknown>): void {
  assert.match(family.kind, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  assert.match(family.title, /^\S.{9,119}$/)
  assert.ok(Object.keys(family.faults).length > 0)
  for (const [name, text] of Object.entries(family.faults)) {
    assert.match(name, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    assert.match(text, /^[A-Z].{9,119}\.$/, name)
  }
  assert.equal(family.serial === undefined, family.link !== 'serial')
  const sheet = new URL(`../hardware-docs/${family.kind}.md`, import.meta.url)
  assert.ok(existsSync(sheet), `expected hardware-docs/${family.kind}.md`)
}

function refusesUnknownOption(family: DriverFamily<unknown>): void {
  const parsed = family.parseOptions({ noSuchOption: 1 }, 'sources[2].options')
  assert.ok(!parsed.ok)
  assert.match(parsed.fault.message, /^sources\[2\]\.options\.noSuchOption: expected .+, got .+$/)
  for (const input of [5, null, 'text', []]) {
    const other = family.parseOptions(input, 'sources[2].options')
    assert.ok(!other.ok)
    assert.match(other.fault.message, /^sources\[2\]\.options: expected .+, got .+$/)
  }
}

function givesRightSamples(family: DriverFamily<unknown>): void {
  const bench = open(family)
  bench.run(60)
  expectRightSamples(bench)
  for (const at of bench.record.pulses) {
    const intoSecond = bench.sky.skyTai(at) % NS_PER_SECOND
    const offNs = intoSecond > NS_PER_SECOND / 2n ? NS_PER_SECOND - intoSecond : intoSecond
    assert.ok(offNs < 10_000n, `a pulse ${offNs} ns off`)
  }
}

function hearsSingleBytes(family: DriverFamily<unknown>): void {
  const whole = open(family)
  const single = open(family, 1, 1)
  for (const bench of [whole, single]) bench.run(60)
  assert.deepEqual(single.record.samples, whole.record.samples)
  assert.deepEqual(single.record.faults, [])
}

function emulatesByTheSeed(family: DriverFamily<unknown>): void {
  const [first, second] = [open(family, 7), open(family, 7)]
  for (const bench of [first, second]) bench.run(60)
  assert.ok(first.record.sent.length > 0)
  assert.deepEqual(second.record.sent, first.record.sent)
  assert.deepEqual(second.record.pulses, first.record.pulses)
  const refused = first.emulator.setFault('no-such-fault', true)
  assert.ok(!refused.ok)
  assert.match(refused.fault.message, /expected .+, got no-such-fault/)
}

function recoversFromFault(family: DriverFamily<unknown>, name: string): void {
  const [healthy, faulty] = [open(family), open(family)]
  for (const bench of [healthy, faulty]) bench.run(20)
  assert.ok(faulty.emulator.setFault(name, true).ok)
  for (const bench of [healthy, faulty]) {
    bench.record.clear()
    bench.run(30)
  }
  const { sent, pulses } = faulty.record
  assert.notDeepEqual({ sent, pulses }, { sent: healthy.record.sent, pulses: healthy.record.pulses }, 'the fault shows')
  assert.ok(faulty.emulator.setFault(name, false).ok)
  expectRecovery(faulty)
}

function recoversFromGarbage(family: DriverFamily<unknown>): void {
  const bench = open(family)
  bench.run(10)
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (chunks) => {
      for (const chunk of chunks) bench.line.disturb(chunk)
      bench.run(1)
    }),
    { numRuns: 50, seed: 1 },
  )
  expectRecovery(bench)
}

/** Each flood stands for half a message that goes on for ever, or for a line of the wrong speed. */
const FLOODS: readonly (readonly [string, (index: number) => number])[] = [
  ['one character', () => 0x41],
  ['zeros', () => 0],
  ['line ends', () => 0x0a],
  ['dollars', () => 0x24],
  ['short lines', (index) => '$GPRMC,1*00\r\n'.charCodeAt(index % 13)],
  ['all bytes', (index) => (index * 7919) & 0xff],
]

function recoversFromFlood(family: DriverFamily<unknown>): void {
  for (const [name, byteAt] of FLOODS) {
    const bench = open(family)
    bench.run(10)
    bench.record.clear()
    const flood = Uint8Array.from({ length: MEBIBYTE }, (_, index) => byteAt(index))
    for (let start = 0; start < flood.length; start += 65_536) bench.line.disturb(flood.subarray(start, start + 65_536))
    assert.ok(bench.record.driverActions <= MEBIBYTE / 1024, `${name}: ${bench.record.driverActions} actions`)
    expectRecovery(bench)
  }
}

function ignoresSpuriousWakes(family: DriverFamily<unknown>): void {
  const bench = open(family)
  let spurious = 0
  for (let round = 0; round < 200; round++) {
    bench.line.advance(73_000_000n)
    const driver = bench.line.driver()
    const before = driver.nextWakeAt()
    if (before !== undefined && before <= bench.line.now()) continue
    spurious += 1
    assert.deepEqual(driver.wake(bench.line.now()), [])
    assert.equal(driver.nextWakeAt(), before)
  }
  assert.ok(spurious >= 100, `expected spurious wakes to try, got ${spurious}`)
}

function recoversFromLateWake(family: DriverFamily<unknown>): void {
  const bench = open(family)
  bench.run(10)
  bench.record.clear()
  bench.line.sleep(HOUR_NS)
  bench.line.advance(0n)
  assert.ok(bench.record.driverActions <= 100, `${bench.record.driverActions} actions on one wake`)
  expectRecovery(bench)
  const farOff = plus(bench.line.now(), 24n * HOUR_NS)
  assert.doesNotThrow(() => bench.line.driver().wake(farOff))
}
