import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scenarios } from './scenarios.ts'

for (const { name, title, run } of scenarios) {
  test(`${name}: ${title}`, () => {
    const outcomes = run('short')
    assert.ok(outcomes.length > 0)
    for (const { run: which, figures, problems } of outcomes) {
      assert.deepEqual(problems, [], which)
      assert.ok(figures.readings > 0, `${which}: expected readings to judge, got none`)
    }
  })
}
