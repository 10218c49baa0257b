import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { DriverFamily } from '../../drivers/driver.ts'
import { NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { openBench } from './bench.ts'
import { problemsOfHealth } from './trial.ts'

/** What every family owes to the contract in drivers/driver.ts, shown with its own emulator on virtual time. */

const HOUR_NS = 3600n * NS_PER_SECOND
/** As far as the pulse of any instrument that is locked may be off. */
const PULSE_OFF_NS_MAX = 10_000n

export function describesItself(family: DriverFamily<unknown>): void {
  assert.match(family.kind, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  assert.match(family.title, /^\S.{9,119}$/)
  assert.ok(Object.keys(family.faults).length > 0)
  for (const [name, text] of Object.entries(family.faults)) {
    assert.match(name, /^(?!line-|host-)[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    assert.match(text, /^[A-Z].{9,119}\.$/, name)
  }
  assert.equal(family.serial === undefined, family.link !== 'serial')
  const sheet = new URL(`../../hardware-docs/${family.kind}.md`, import.meta.url)
  assert.ok(existsSync(sheet), `expected hardware-docs/${family.kind}.md`)
}

export function refusesUnknownOption(family: DriverFamily<unknown>): void {
  const parsed = family.parseOptions({ noSuchOption: 1 }, 'sources[2].options')
  assert.ok(!parsed.ok)
  assert.match(parsed.fault.message, /^sources\[2\]\.options\.noSuchOption: expected .+, got .+$/)
  for (const input of [5, null, 'text', []]) {
    const other = family.parseOptions(input, 'sources[2].options')
    assert.ok(!other.ok)
    assert.match(other.fault.message, /^sources\[2\]\.options: expected .+, got .+$/)
  }
}

export function givesRightSamples(family: DriverFamily<unknown>): void {
  const bench = openBench(family)
  bench.run(60)
  assert.deepEqual(problemsOfHealth(bench), [])
  for (const sample of bench.record.samples) {
    assert.equal(sample.source, 'source0')
    assert.ok(sample.kind === 'time' || sample.firstByteAt <= sample.lastByteAt)
  }
  for (const at of bench.record.pulses) {
    const intoSecond = bench.sky.skyTai(at) % NS_PER_SECOND
    const offNs = intoSecond > NS_PER_SECOND / 2n ? NS_PER_SECOND - intoSecond : intoSecond
    assert.ok(offNs < PULSE_OFF_NS_MAX, `a pulse ${offNs} ns off`)
  }
}

export function hearsSingleBytes(family: DriverFamily<unknown>): void {
  const whole = openBench(family)
  const single = openBench(family, { chunkBytesMax: 1 })
  for (const bench of [whole, single]) bench.run(60)
  assert.deepEqual(single.record.samples, whole.record.samples)
  assert.deepEqual(single.record.faults, [])
}

export function emulatesByTheSeed(family: DriverFamily<unknown>): void {
  const [first, second] = [openBench(family, { seed: 7 }), openBench(family, { seed: 7 })]
  for (const bench of [first, second]) bench.run(60)
  assert.ok(first.record.sent.length > 0)
  assert.deepEqual(second.record.sent, first.record.sent)
  assert.deepEqual(second.record.pulses, first.record.pulses)
  const refused = first.emulator.setFault('no-such-fault', true)
  assert.ok(!refused.ok)
  assert.match(refused.fault.message, /expected .+, got no-such-fault/)
}

export function ignoresSpuriousWakes(family: DriverFamily<unknown>): void {
  const bench = openBench(family)
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

export function recoversFromLateWake(family: DriverFamily<unknown>): void {
  const bench = openBench(family)
  bench.run(10)
  bench.forget()
  bench.line.sleep(HOUR_NS)
  bench.line.advance(0n)
  assert.ok(bench.record.driverActions <= 100, `${bench.record.driverActions} actions on one wake`)
  bench.run(120)
  bench.forget()
  bench.run(60)
  assert.deepEqual(problemsOfHealth(bench), [])
  const farOff = plus(bench.line.now(), 24n * HOUR_NS)
  assert.doesNotThrow(() => bench.line.driver().wake(farOff))
}

/** Once, or the settings of the line could not be found by trying; never again, for it is about the line. */
export function saysThatItUnderstands(family: DriverFamily<unknown>): void {
  const bench = openBench(family)
  bench.run(60)
  const { understood } = bench.host()
  const most = family.serial?.probe === undefined ? [0, 1] : [1]
  assert.ok(most.includes(understood), `expected a driver that says once that it understands, got ${understood} times`)
}
