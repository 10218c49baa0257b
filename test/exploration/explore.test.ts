import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findsItsWay } from './after-the-storm.ts'
import { explore, type Search } from './explore.ts'

/** `npm run -s explore` visits all of them, for two views and more; this is what is looked at with every change. */
describe('the states of four members, one of them a liar', () => {
  for (const [views, liarLeads, statesMin] of [
    [1, 1, 100],
    [1, 2, 45],
  ] as const) {
    it(`all of ${views} view, the liar leading view ${liarLeads}: nothing is wrong, and nobody is stuck`, async () => {
      const { result, search } = explore({ views, liarLeads, votes: 'certificates', statesMax: 1_000_000 })
      assert.equal(result.violation, undefined)
      assert.ok(result.complete)
      assert.ok(result.states >= statesMin, `${result.states} states`)
      assert.ok(result.decided >= 10, `${result.decided} states with a decision`)
      await assertNobodyStuck(search)
    })
  }

  it('the first of 2 views: nothing is wrong, and nobody is stuck', async () => {
    const { result, search } = explore({ views: 2, liarLeads: 2, votes: 'certificates', statesMax: 150 })
    assert.equal(result.violation, undefined)
    assert.ok(result.states > 150 && result.executed > 500, `${result.states} states, ${result.executed} executed`)
    await assertNobodyStuck(search)
  })

  it('the first with every vote by itself: nothing is wrong', () => {
    const { result } = explore({ views: 1, liarLeads: 2, votes: 'single', statesMax: 20 })
    assert.equal(result.violation, undefined)
    assert.ok(result.states > 20)
  })
})

async function assertNobodyStuck(search: Search): Promise<void> {
  const stride = Math.ceil(search.visited.size / 20)
  for (let index = 0; index < search.visited.size; index += stride) {
    const views = await findsItsWay(search, search.visited.keyAt(index))
    assert.ok(views !== undefined && views <= 8, `state ${index}: ${views} views`)
  }
}
