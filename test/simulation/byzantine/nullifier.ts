import { type Adversary, say, saying } from './liar.ts'

/** Nullifies every view at once, and the next one, whatever else it says. At most: views that needed its vote are nullified. */
export const nullifier: Adversary = {
  play: saying((liar, outgoing) => {
    const { view } = liar.replica().status()
    return [outgoing, say(liar, 'all', 'nullify', { view }), say(liar, 'all', 'nullify', { view: view + 1 })]
  }),
}
