import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { packetFamilies } from '../../drivers/index.ts'
import type { PacketFamily } from '../../drivers/packet-driver.ts'
import { NS_PER_SECOND } from '../../src/core/time.ts'
import { isRight } from './judge.ts'
import { openPacketBench } from './packet-bench.ts'
import { packetFaultsOf } from './packet-faults.ts'
import { problemsOfPacketHealth, runPacketTrial } from './packet-trial.ts'
import { packetUses } from './packet-uses.ts'

/** What every family that is reached by packets owes to the contract in drivers/packet-driver.ts. */

function describesItself(family: PacketFamily<unknown>): void {
  assert.match(family.kind, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  assert.match(family.title, /^\S.{9,119}$/)
  assert.ok(Object.keys(family.faults).length > 0)
  for (const [name, text] of Object.entries(family.faults)) {
    assert.match(name, /^(?!network-|host-)[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    assert.match(text, /^[A-Z].{9,119}\.$/, name)
  }
  const sheet = new URL(`../../hardware-docs/${family.kind}.md`, import.meta.url)
  assert.ok(existsSync(sheet), `expected hardware-docs/${family.kind}.md`)
}

function refusesUnknownOption(family: PacketFamily<unknown>): void {
  const parsed = family.parseOptions({ noSuchOption: 1 }, 'sources[2].options')
  assert.ok(!parsed.ok)
  assert.match(parsed.fault.message, /^sources\[2\]\.options\.noSuchOption: expected .+, got .+$/)
  for (const input of [5, null, 'text', []]) {
    const other = family.parseOptions(input, 'sources[2].options')
    assert.ok(!other.ok)
    assert.match(other.fault.message, /^sources\[2\]\.options: expected .+, got .+$/)
  }
}

function emulatesByTheSeed(family: PacketFamily<unknown>, options: object): void {
  const [first, second] = [openPacketBench(family, { options, seed: 7 }), openPacketBench(family, { options, seed: 7 })]
  for (const bench of [first, second]) bench.run(60)
  assert.ok(first.record.sent.length > 0)
  assert.deepEqual(second.record.sent, first.record.sent)
  const refused = first.emulator.setFault('no-such-fault', true)
  assert.ok(!refused.ok)
  assert.match(refused.fault.message, /expected .+, got no-such-fault/)
}

function ignoresSpuriousWakes(family: PacketFamily<unknown>, options: object): void {
  const { network } = openPacketBench(family, { options })
  let spurious = 0
  for (let round = 0; round < 200; round++) {
    network.advance(73_000_000n)
    const driver = network.driver()
    const before = driver.nextWakeAt()
    if (before !== undefined && before <= network.now()) continue
    spurious += 1
    assert.deepEqual(driver.wake(network.now()), [])
    assert.equal(driver.nextWakeAt(), before)
  }
  assert.ok(spurious >= 100, `expected spurious wakes to try, got ${spurious}`)
}

function recoversFromLateWake(family: PacketFamily<unknown>, options: object): void {
  const bench = openPacketBench(family, { options })
  bench.run(10)
  bench.forget()
  bench.network.sleep(3_600n * NS_PER_SECOND)
  bench.network.advance(0n)
  assert.ok(bench.record.driverActions <= 100, `${bench.record.driverActions} actions on one wake`)
  bench.run(120)
  bench.forget()
  bench.run(60)
  assert.deepEqual(problemsOfPacketHealth(bench), [])
}

/** However fast the local oscillator is, within what a crystal may be, and whatever the dice say. */
function givesRightSamples(family: PacketFamily<unknown>, options: object): void {
  for (const ratePpb of [-40_000n, 0n, 40_000n]) {
    for (const seed of [1, 2, 3]) {
      const bench = openPacketBench(family, { options, seed, ratePpb })
      bench.run(90)
      assert.deepEqual(problemsOfPacketHealth(bench), [])
      assert.ok(bench.record.samples.every((sample) => sample.source === 'source0' && isRight(sample, bench.sky)))
    }
  }
}

for (const family of packetFamilies) {
  describe(`packet family ${family.kind}`, () => {
    test('has a name, a title, a line on each fault, and a sheet', () => describesItself(family))
    test('refuses an unknown option with its path, what was expected and what came', () => refusesUnknownOption(family))
  })
}

for (const { family, use } of packetUses()) {
  const { name, options } = use
  describe(name, () => {
    test('gives right samples and no fault with its emulator', () => givesRightSamples(family, options))
    test('has an emulator that repeats itself from its seed, and refuses unknown faults', () =>
      emulatesByTheSeed(family, options))
    test('takes a spurious wake as nothing', () => ignoresSpuriousWakes(family, options))
    test('takes a wake an hour late in its stride', () => recoversFromLateWake(family, options))
    for (const fault of packetFaultsOf(family)) {
      test(`lives through ${fault.name} and recovers`, () => {
        assert.deepEqual(runPacketTrial(family, use, fault).problems, [], fault.text)
      })
    }
  })
}

describe('what the trials are worth', () => {
  const [family] = packetFamilies
  assert.ok(family !== undefined)
  const use = { name: family.kind, options: {} }
  const trialOf = (planted: PacketFamily<unknown>, name: string): string => {
    const fault = packetFaultsOf(planted).find((each) => each.name === name)
    assert.ok(fault !== undefined)
    return runPacketTrial(planted, use, fault).problems.join('\n')
  }

  test('a driver that knows its time better than it can is found out', () => {
    const boastful: PacketFamily<unknown> = {
      ...family,
      create: (options, context) => {
        const driver = family.create(options, context)
        return {
          ...driver,
          receive: (packet) =>
            driver.receive(packet).map((action) => {
              if (action.type !== 'sample') return action
              return { ...action, sample: { ...action.sample, accuracyNs: 100n, precisionNs: 0n } }
            }),
        }
      },
    }
    assert.match(
      trialOf(boastful, 'network-asymmetry'),
      /expected no confident wrong sample, got \d+, the first -?\d+ ns/,
    )
  })

  test('a driver that does not come back is found out', () => {
    const brittle: PacketFamily<unknown> = {
      ...family,
      create: (options, context) => {
        const driver = family.create(options, context)
        let broken = false
        return {
          ...driver,
          receive: (packet) => {
            const actions = broken ? [] : driver.receive(packet)
            broken ||= actions.some(({ type }) => type === 'fault')
            return actions
          },
        }
      },
    }
    assert.match(trialOf(brittle, 'half-message'), /expected at least 10 valid samples in a minute, got 0/)
  })

  test('an emulator whose fault does not show is found out', () => {
    const lame: PacketFamily<unknown> = {
      ...family,
      emulate: (options, seed, context) => {
        const emulator = family.emulate(options, seed, context)
        return { ...emulator, setFault: () => ({ ok: true, value: undefined }) }
      },
    }
    assert.match(trialOf(lame, 'silence'), /expected the fault to show in packets within 30 s/)
  })
})
