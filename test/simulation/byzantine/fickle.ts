import { pick } from '../../support/chance.ts'
import type { Adversary } from './liar.ts'

/** Any of these, another one each time. At most: what the worst of them may. */
export function createFickle(adversaries: readonly Adversary[]): Adversary {
  return {
    play: (liar) => {
      const parts = adversaries.map((adversary) => adversary.play(liar))
      return {
        say: (outgoing) => pick(liar.prng, parts).say?.(outgoing) ?? [outgoing],
        read: (epoch, honest) => pick(liar.prng, parts).read?.(epoch, honest) ?? honest,
        answer: (asker, epoch, honest) => pick(liar.prng, parts).answer?.(asker, epoch, honest) ?? honest,
        witness: (from, outgoing) => {
          for (const part of parts) part.witness?.(from, outgoing)
        },
      }
    },
  }
}
