import { between, type MonoNs, NS_PER_MILLISECOND } from '../../core/time.ts'
import type { Quorum } from '../membership.ts'
import { viewsPerAnswer } from './views-per-answer.ts'

/** Half of the shortest Δ: a member that asks as it should asks for one thing once in Δ. */
const WINDOW_NS = 25n * NS_PER_MILLISECOND

/**
 * What one peer is answered: each thing once in 25 ms, however often it asks, and no more things than a correct member may
 * lack at once. A request of a few bytes may be answered with thousands, so what is not limited here is an amplifier.
 */
export interface AnswerBudget {
  /** Whether this peer is to be given this now; then it counts as given. */
  allows(peer: number, what: string, now: MonoNs): boolean
}

interface Window {
  readonly since: MonoNs
  readonly given: Set<string>
}

/** The proposals of all for two epochs, one full answer of certificates, and blocks of some gaps. */
export function createAnswerBudget({ n, q }: Pick<Quorum, 'n' | 'q'>): AnswerBudget {
  const thingsMax = 2 * n + viewsPerAnswer(q) + 32
  const windows = new Map<number, Window>()
  return {
    allows: (peer, what, now) => {
      let window = windows.get(peer)
      if (window === undefined || between(window.since, now) >= WINDOW_NS) {
        window = { since: now, given: new Set() }
        windows.set(peer, window)
      }
      if (window.given.has(what) || window.given.size >= thingsMax) return false
      window.given.add(what)
      return true
    },
  }
}
