import { contradictionOf, type Evidence, wrongOutcomeOf } from '../../src/consensus/evidence.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { sha384 } from '../../src/core/hash.ts'
import type { Decided } from './vector-chain.ts'
import type { Say } from './vector-members.ts'

/** Member 1 says of two blocks of view 8 that they are final. */
export function doubleFinalize(say: Say): Evidence {
  const [one, other] = ['one block', 'another'].map((text) => say(1, 'finalize', { view: 8, hash: sha384(utf8(text)) }))
  if (one === undefined || other === undefined) throw new RangeError('expected two messages')
  return contradictionOf('conflicting-finalize', 8, one, other)
}

/** The block that its leader made, with another grade than the one that follows. */
export function gradedUp({ block, proposals }: Decided, leader: number, parent: Decided, say: Say): Evidence {
  const outcome = { ...block.outcome, grade: block.outcome.grade === 'partial' ? 'validated' : 'partial' } as const
  return wrongOutcomeOf(say(leader, 'block', { ...block, outcome }), proposals, parent.block)
}
