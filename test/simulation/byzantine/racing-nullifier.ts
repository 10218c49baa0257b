import { type Adversary, heardMessage, onOwn, others, say } from './liar.ts'

/**
 * Nullifies a view the moment that anybody notarizes its block, which it notarizes too: both are legal, and it never
 * finalizes. To half of the others one is first, to the rest the other. At most: views need all correct members.
 */
export const racingNullifier: Adversary = {
  play: (liar) => {
    let raced = 0
    return {
      witness: (_from, { message }) => {
        const heard = heardMessage(message)
        if (heard?.type !== 'notarize' || heard.body.view <= raced) return
        raced = heard.body.view
        for (const [index, to] of others(liar).entries()) {
          if (index % 2 === 0) liar.send(say(liar, to, 'nullify', { view: raced }))
          else liar.later(20_000_000n, () => liar.send(say(liar, to, 'nullify', { view: heard.body.view })))
        }
      },
      say: (outgoing) => onOwn(liar, outgoing, 'finalize', () => []),
    }
  },
}
