import { type Adversary, saying } from './liar.ts'

/** Says nothing at all. At most: the views that it leads are nullified, and it counts as absent. */
export const silent: Adversary = {
  play: saying(() => []),
}
