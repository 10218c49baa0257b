import type { Input } from '../consensus/replica/types.ts'
import { runOf, type WireMessage } from '../consensus/wire-message.ts'
import type { Fault } from '../core/fault.ts'
import { between, type MonoNs, NS_PER_MILLISECOND } from '../core/time.ts'
import type { DecisionReader } from '../ledger/decision-log.ts'

/** A member that asks as it should asks for one run in 50 ms; reading more for it would cost the others their epoch. */
const RUN_EVERY_NS = 25n * NS_PER_MILLISECOND

/** Answers from the log what the replica no longer keeps. */
export interface LogAnswers {
  /** The answer to a question about blocks; `dropped` when its sender asks too fast, undefined when the log knows none. */
  answer(input: Input, now: MonoNs): WireMessage | 'dropped' | undefined
}

export function createLogAnswers(log: DecisionReader, refused: (fault: Fault) => void): LogAnswers {
  /** When a peer was last given a run. As many entries as there are members. */
  const ranAt = new Map<number, MonoNs>()
  return {
    answer: (input, now) => {
      if (input.type === 'want-block') {
        const stored = log.byHash(input.hash)
        if (!stored.ok) refused(stored.fault)
        return stored.ok && stored.value !== undefined ? { kind: 'block-bytes', value: stored.value.block } : undefined
      }
      if (input.type !== 'want-blocks') return undefined
      const before = ranAt.get(input.from)
      if (before !== undefined && between(before, now) < RUN_EVERY_NS) return 'dropped'
      ranAt.set(input.from, now)
      const run = log.run(input.wanted.newest, input.wanted.count)
      if (!run.ok) refused(run.fault)
      return run.ok && run.value.length > 0 ? { kind: 'blocks', value: runOf(run.value) } : undefined
    },
  }
}
