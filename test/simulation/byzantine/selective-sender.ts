import { type Adversary, others, ownMessage, saying } from './liar.ts'

/**
 * Votes for one other only, another one each view; and for nobody at all what it should lead. At most: the views that it
 * leads are nullified; the one that alone got its votes passes them on.
 */
export const selectiveSender: Adversary = {
  play: saying((liar, outgoing) => {
    const message = ownMessage(liar, outgoing)
    if (message?.type === 'block') return []
    if (message === undefined || message.type === 'proposal' || message.type === 'hello') return [outgoing]
    return [{ ...outgoing, to: others(liar)[message.body.view % (liar.membership.members.length - 1)] ?? 0 }]
  }),
}
