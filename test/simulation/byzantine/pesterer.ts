import { type Adversary, onOwn, randomBytes, saying, toAll } from './liar.ts'

/** Asks for everything, answers what nobody asked. At most: it is answered. */
export const pesterer: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'notarize', () => [
      outgoing,
      ...toAll(
        { kind: 'want-proposals', value: Array.from({ length: 100 }, () => randomBytes(liar.prng, 48)) },
        { kind: 'want-quorums', value: Array.from({ length: 100 }, (_, view) => view) },
        { kind: 'want-block', value: randomBytes(liar.prng, 48) },
        { kind: 'block-bytes', value: randomBytes(liar.prng, 200) },
        ...liar.heard.slice(-4),
      ),
    ]),
  ),
}
