import { type Adversary, onOwn, saying } from './liar.ts'

/** Takes part, but leads nothing. At most: the views that it leads are nullified. */
export const neverLeads: Adversary = {
  play: saying((liar, outgoing) => onOwn(liar, outgoing, 'block', () => [])),
}
