import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulateEpoch } from '../../../test/support/agreement-world.ts'
import { watch } from '../../../test/support/behaviour-watch.ts'
import type { Lies } from '../../../test/support/behaviour-world.ts'
import { createPrng } from '../../core/prng.ts'
import { taiNs } from '../../core/time.ts'
import { agree } from '../agreement.ts'
import { initialState } from '../state.ts'
import { nextBehaviour } from './behaviour.ts'
import { initialBehaviour } from './behaviour-state.ts'
import { observe } from './observe.ts'

/**
 * Liars that speak last, knowing everything: whatever they say, no honest member is found to deviate, contradict or
 * show two faces.
 */
for (const [n, epochs] of [
  [4, 3_000],
  [7, 1_500],
  [10, 800],
  [31, 30],
] as const) {
  test(`n = ${n}: no set of f liars makes an honest member suspected of deviation, two faces or a false row`, () => {
    const prng = createPrng(n)
    const f = Math.floor((n - 1) / 3)
    const seenOfLiars = new Set<string>()
    for (let index = 0; index < epochs; index++) {
      const world = simulateEpoch(prng, {
        n,
        boundExponentMax: 6,
        ratesPpb: [0n, 200n, 50_000n],
        ageNsMax: 2_000_000_000n,
        wayNsMax: 1_000_000n,
        worstRates: index % 2 === 0,
        wrong: f,
        gaps: index % 3 === 0,
        ranged: 'ranging-clocks',
        relock: true,
      })
      const { listed, honest } = world
      // Its instants are around 1.7 × 10^18; the mark of epoch 1 must be.
      const membership = { ...world.membership, genesisTai: taiNs(1_699_999_999_000_000_000n) }
      const outcome = agree(listed, membership, initialState(membership), 1)
      assert.ok(outcome.ok)
      const seen = observe(listed, outcome.value, membership, 1)
      for (const { member, kind } of nextBehaviour(initialBehaviour, seen, index, []).suspects) {
        assert.ok(!honest.has(member), `epoch ${index}: honest member ${member} suspected of ${kind}`)
        seenOfLiars.add(kind)
      }
    }
    // What cannot find anything proves nothing.
    assert.ok(seenOfLiars.has('deviation') && seenOfLiars.has('pair'))
    assert.equal(seenOfLiars.has('two-faced'), n > 4)
  })
}

test('two liars of seven that walk apart take no honest member with them, though each contradicts them all', () => {
  const lies: Lies = {
    clockNs: (member, epoch) => (member === 0 ? 40 : member === 6 ? -40 : 0) * Math.max(0, epoch - 300),
    rowNs: (member, peer, epoch) =>
      epoch > 700 && (member === 0 || member === 6) ? 300 * (epoch - 700) * (peer + 1) : 0,
  }
  const watched = watch({ n: 7, seed: 30, epochs: 3_000, lies })
  assert.ok(watched.first('bias', 0) !== undefined && watched.first('bias', 6) !== undefined)
  assert.deepEqual(
    watched.suspected.filter((suspicion) => !/ [06]$/.test(suspicion)),
    [],
  )
})
