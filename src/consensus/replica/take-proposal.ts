import { equalBytes } from '../../core/bytes.ts'
import { checkProposal } from '../agreement.ts'
import type { SignedMessage } from '../messages.ts'
import { accuse } from './accuse.ts'
import type { Context } from './context.ts'

/** Pools a verified proposal; one that `agree` would reject whatever stands beside it is not pooled. */
export function takeProposal(context: Context, message: SignedMessage<'proposal'>): void {
  const checked = checkProposal(message.body, message.header.sender, context.config.membership)
  if (!checked.ok) return
  const offered = context.views.find(context.view)?.offered ?? []
  const isListed = (digest: Uint8Array): boolean =>
    offered.some(({ block }) => block.list.some((entry) => equalBytes(entry.digest, digest)))
  const evidence = context.pool.add(message, isListed)
  if (evidence !== undefined) accuse(context, evidence)
}
