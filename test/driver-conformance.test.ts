import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { families } from '../drivers/index.ts'
import {
  describesItself,
  emulatesByTheSeed,
  givesRightSamples,
  hearsSingleBytes,
  ignoresSpuriousWakes,
  recoversFromLateWake,
  refusesUnknownOption,
  saysThatItUnderstands,
} from './conformance/contract.ts'
import { familiesUnderTest } from './conformance/families-under-test.ts'
import { faultsOf } from './conformance/faults.ts'
import { runTrial } from './conformance/trial.ts'

/** The contract and the instruments' own faults; those of line and host are in test/conformance. */

test('there are families to test, each with a name of its own', () => {
  assert.ok(families.length > 0)
  assert.equal(new Set(families.map((family) => family.kind)).size, families.length)
})

for (const family of familiesUnderTest()) {
  describe(`driver family ${family.kind}`, () => {
    test('has a name, a title, a line on each fault, and a sheet', () => describesItself(family))
    test('refuses an unknown option with its path, what was expected and what came', () => refusesUnknownOption(family))
    test('gives right samples and no fault in a minute with its emulator', () => givesRightSamples(family))
    test('hears the same from bytes that come one at a time', () => hearsSingleBytes(family))
    test('says once that it understands what comes', () => saysThatItUnderstands(family))
    test('has an emulator that repeats itself from its seed, and refuses unknown faults', () =>
      emulatesByTheSeed(family))
    test('takes a spurious wake as nothing', () => ignoresSpuriousWakes(family))
    test('takes a wake an hour late in its stride', () => recoversFromLateWake(family))
    for (const fault of faultsOf(family).filter((each) => each.of === 'instrument')) {
      test(`lives through the fault ${fault.name} and recovers`, () => {
        assert.deepEqual(runTrial(family, fault).problems, [], fault.text)
      })
    }
  })
}
