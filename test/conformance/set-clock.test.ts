import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hp5071a } from '../../drivers/hp5071a/index.ts'
import { openBench } from './bench.ts'
import { faultsOf } from './faults.ts'

/** A caesium standard whose clock somebody has set tells the time beside the conformance of its default options. */
const OPTIONS = { timeSet: { by: 'A. Meier', at: '2026-01-10T00:00:00Z', against: 'gnss0' } }

test('labels of a clock that was set number its pulses, every one and rightly', () => {
  const bench = openBench(hp5071a, { options: OPTIONS })
  bench.run(30)
  bench.forget()
  bench.run(120)
  const { numbered, wrong, faults } = bench.desk.counts()
  assert.deepEqual([wrong, faults], [[], []])
  assert.ok(numbered >= 119, `${numbered} of 120 pulses`)
})

test('no pulse is numbered wrongly while line, host or unit go wrong, nor afterwards', () => {
  const trials = faultsOf(hp5071a).filter(({ name }) => name !== 'line-swapped')
  assert.ok(trials.length > 30)
  for (const fault of trials) {
    const bench = openBench(hp5071a, { options: OPTIONS })
    bench.run(30)
    fault.switch(bench, true)
    bench.run(30)
    fault.switch(bench, false)
    bench.run(60)
    assert.deepEqual(bench.desk.counts().wrong, [], fault.name)
  }
})
