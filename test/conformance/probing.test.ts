import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LineSettings } from '../../drivers/driver.ts'
import { describeSettings } from '../../src/device/serial.ts'
import { candidatesOf, openBench } from './bench.ts'
import { familiesUnderTest } from './families-under-test.ts'
import { problemsOfHealth } from './trial.ts'

/** Six seconds a try, and the slowest of drivers after that. */
const FOUND_WITHIN_SECONDS = 120

function isSame(one: LineSettings | undefined, other: LineSettings): boolean {
  return one?.baudRate === other.baudRate && one.parity === other.parity && one.dataBits === other.dataBits
}

let lockedOn = 0

for (const family of familiesUnderTest().filter(({ serial }) => serial !== undefined)) {
  const candidates = candidatesOf(family)
  describe(`driver family ${family.kind}`, () => {
    for (const settings of candidates) {
      test(`finds an instrument at ${describeSettings(settings)} and stays with it through silence`, () => {
        const bench = openBench(family, { settings })
        bench.run(FOUND_WITHIN_SECONDS)
        bench.forget()
        bench.run(60)
        assert.deepEqual(problemsOfHealth(bench), [])
        const { settings: found, opened } = bench.host()
        assert.ok(isSame(found, settings), `expected ${describeSettings(settings)}, got ${JSON.stringify(found)}`)
        bench.emulator.setFault('line-silence', true)
        bench.run(300)
        bench.emulator.setFault('line-silence', false)
        bench.run(120)
        assert.ok(isSame(bench.host().settings, settings))
        // A driver may ask for its link to be opened afresh; the probe does not.
        assert.ok(bench.host().opened - opened <= 8, `${bench.host().opened - opened} openings in silence`)
        bench.forget()
        bench.run(60)
        assert.deepEqual(problemsOfHealth(bench), [])
        lockedOn += 1
      })
    }
    test('at settings that it does not try, says nothing wrong', () => {
      const settings: LineSettings = { baudRate: 76_800, parity: 'none', dataBits: 8 }
      const bench = openBench(family, { settings })
      bench.run(180)
      assert.equal(bench.host().understood, 0)
      assert.deepEqual(
        bench.record.samples.filter((sample) => sample.kind === 'label' && sample.valid),
        [],
      )
      assert.notEqual(bench.record.statuses.at(-1)?.quality, 'locked')
    })
  })
}

test('all settings of all families were found', (t) => {
  const expected = familiesUnderTest().flatMap(candidatesOf).length
  t.diagnostic(`${lockedOn} of ${expected} settings found`)
  assert.equal(lockedOn, expected)
})
