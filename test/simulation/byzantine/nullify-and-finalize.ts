import { type Adversary, onOwn, say, saying, shuffledPair } from './liar.ts'

/** Nullifies and finalizes each view, in either order. At most: its vote is lost. */
export const nullifyAndFinalize: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'finalize', ({ body }) => [
      ...shuffledPair(liar, outgoing, say(liar, 'all', 'nullify', { view: body.view })),
    ]),
  ),
  proves: 'nullify-and-finalize',
}
