import { pick } from '../../support/chance.ts'
import { type Adversary, others, saying } from './liar.ts'

/** Says its part, and again anything that it ever heard, to anybody. At most: frames are read twice. */
export const replayer: Adversary = {
  play: saying((liar, outgoing) => {
    const again = Array.from({ length: 3 }, () => liar.heard[liar.prng.nextBelow(liar.heard.length + 1)])
    return [
      outgoing,
      ...again.flatMap((message) => (message === undefined ? [] : [{ to: pick(liar.prng, others(liar)), message }])),
    ]
  }),
}
