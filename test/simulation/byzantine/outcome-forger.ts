import { type Adversary, onOwn, say, saying } from './liar.ts'

/** A block that its proposals do not lead to. At most: the view that it leads is nullified. */
export const outcomeForger: Adversary = {
  play: saying((liar, outgoing) =>
    onOwn(liar, outgoing, 'block', ({ body }) => [
      say(liar, 'all', 'block', {
        ...body,
        outcome: { ...body.outcome, grade: body.outcome.grade === 'partial' ? 'validated' : 'partial' },
      }),
    ]),
  ),
  proves: 'wrong-outcome',
}
