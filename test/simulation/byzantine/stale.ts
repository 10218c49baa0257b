import type { Block } from '../../../src/consensus/block.ts'
import type { Measurement, Outgoing } from '../../../src/consensus/replica/types.ts'
import { type Adversary, onOwn, say } from './liar.ts'

/** Own words kept for later. */
const KEPT_MAX = 32

/**
 * Reads its clocks an epoch ago, leads with the block that it led with before, and says again what it said long ago. At
 * most: the views that it leads are nullified, and it contradicts nothing that it has signed.
 */
export const stale: Adversary = {
  play: (liar) => {
    const before: Outgoing[] = []
    let measured: Measurement | undefined
    let led: Block | undefined
    return {
      say: (outgoing) =>
        onOwn(liar, outgoing, 'block', ({ body }) => {
          // What it repeats is what it has said: it leads a view with one block.
          if (led !== undefined && led.view >= body.view) return []
          const old = led
          led = body
          return old === undefined ? [outgoing] : [say(liar, 'all', 'block', { ...old, view: body.view })]
        }).flatMap((said) => {
          before.push(said)
          if (before.length > KEPT_MAX) before.shift()
          const again = before[liar.prng.nextBelow(before.length)]
          return again === undefined ? [said] : [said, again]
        }),
      read: (_epoch, honest) => {
        const old = measured ?? honest
        measured = honest
        return { ...old, ranging: honest.ranging }
      },
    }
  },
}
