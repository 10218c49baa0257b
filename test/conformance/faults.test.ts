import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { families } from '../../drivers/index.ts'
import { familiesUnderTest } from './families-under-test.ts'
import { faultsOf } from './faults.ts'
import { runTrial, type Trial } from './trial.ts'

/** What can happen to any line and any host; the faults of the instruments themselves are in test/driver-conformance.test.ts. */

const trials: Trial[] = []

for (const family of familiesUnderTest()) {
  describe(`driver family ${family.kind}`, () => {
    for (const fault of faultsOf(family).filter((each) => each.of !== 'instrument')) {
      test(`lives through ${fault.name} and recovers`, () => {
        const trial = runTrial(family, fault)
        trials.push(trial)
        assert.deepEqual(trial.problems, [], fault.text)
      })
    }
  })
}

test('every fault of the line showed in some family', (t) => {
  const shown = trials.filter(({ verdict }) => verdict === 'passed')
  t.diagnostic(`${families.length} families, ${trials.length} trials, ${shown.length} of them showed`)
  if (familiesUnderTest().length < families.length) {
    t.skip('not all families are under test')
    return
  }
  const idle = new Set(trials.map(({ fault }) => fault)).difference(new Set(shown.map(({ fault }) => fault)))
  assert.deepEqual([...idle], [])
})
