import type { MonoNs } from '../../core/time.ts'
import { wrongOutcomeOf } from '../evidence.ts'
import { accuse } from './accuse.ts'
import { takeVote } from './advance.ts'
import type { Context } from './context.ts'
import { judgeBlock } from './judge-block.ts'
import { castNotarize, castNullify } from './own-votes.ts'

/**
 * Rule 3 for the first block of the present view: notarize it, wait for what it needs, or, when it is against the rules
 * for everybody, nullify the view at once. Returns whether a vote was cast.
 */
export function voteOnBlock(context: Context, now: MonoNs): boolean {
  const record = context.views.at(context.view)
  const [offered] = record.offered
  if (offered === undefined || record.own.notarize !== undefined || record.own.nullify !== undefined) return false
  if (record.leaderFailed) return voteAgainst(context, now)
  const judgement = judgeBlock(context, offered, now)
  if (judgement.verdict === 'wait') return false
  if (judgement.verdict === 'refuse') {
    record.leaderFailed = true
    if (judgement.proposals !== undefined) {
      const messages = judgement.proposals.map(({ message }) => message)
      accuse(context, wrongOutcomeOf(offered.message, messages, context.chain.get(offered.block.parent)?.block))
    }
    return voteAgainst(context, now)
  }
  const vote = castNotarize(context, record, offered, now)
  if (vote !== undefined) takeVote(context, vote, now)
  return vote !== undefined
}

function voteAgainst(context: Context, now: MonoNs): boolean {
  const vote = castNullify(context, context.views.at(context.view), now)
  if (vote !== undefined) takeVote(context, vote, now)
  return vote !== undefined
}
