import { max } from '../core/integer.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../core/time.ts'

/** A token bucket on the local oscillator: `burst` answers at once, `perSecond` over time. */
export interface AnswerBudget {
  /** True when one more answer may be given at `now`, which uses it up. */
  take(now: MonoNs): boolean
}

export function createAnswerBudget(perSecond: number, burst: number): AnswerBudget {
  const perAnswerNs = NS_PER_SECOND / BigInt(perSecond)
  const fullNs = perAnswerNs * BigInt(burst)
  // The bucket is kept as the instant at which it will be full again: no fractions, no refill step.
  let fullAt: MonoNs | undefined
  return {
    take: (now) => {
      const next = plus(fullAt === undefined ? now : max(fullAt, now), perAnswerNs)
      if (next - now > fullNs) return false
      fullAt = next
      return true
    },
  }
}
