import { chance } from '../../support/chance.ts'
import { type Adversary, others, ownMessage, saying } from './liar.ts'

/**
 * Says each of its own words to a part of the others only, another part each time, and some to nobody. At most: the views
 * that it leads are nullified; what others need of it they pass on to each other.
 */
export const withholder: Adversary = {
  play: saying((liar, outgoing) => {
    if (ownMessage(liar, outgoing) === undefined) return [outgoing]
    const share = liar.prng.nextUnit()
    return others(liar)
      .filter(() => chance(liar.prng, share))
      .map((to) => ({ ...outgoing, to }))
  }),
}
