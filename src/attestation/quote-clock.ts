import { fail, ok, type Result } from '../core/fault.ts'
import type { TpmClockInfo } from './tpm-attest.ts'

/** What the newest quote that was accepted of this TPM said, and whether the machine may have been started since. */
export interface FormerClock {
  readonly clock: TpmClockInfo
  /** The node says that it is still the same start of the machine: then the TPM cannot have been reset. */
  readonly sameBoot: boolean
}

/**
 * Whether a TPM's clock follows on what it said before. Both counts and the clock go up for as long as the TPM is not
 * cleared, and what cannot follow is another TPM, an image of one that was taken earlier, or one that was cleared and has to be
 * enrolled again. Faults: `quote.reset` (a reset that the node does not own up to), `quote.rolled-back`.
 */
export function checkClockFollows(now: TpmClockInfo, former: FormerClock): Result<void> {
  const then = former.clock
  if (now.resetCount < then.resetCount) return rolledBack('reset count', now.resetCount, then.resetCount)
  if (now.resetCount > then.resetCount) {
    return former.sameBoot
      ? fail('quote.reset', `quote: expected reset count ${then.resetCount} as before, got ${now.resetCount}`)
      : ok(undefined)
  }
  if (now.restartCount < then.restartCount) return rolledBack('restart count', now.restartCount, then.restartCount)
  // A clock that lost power without notice may repeat what it had said; it counts a reset then, and was dealt with above.
  if (now.clockMs < then.clockMs) return rolledBack('clock, ms,', now.clockMs, then.clockMs)
  return ok(undefined)
}

function rolledBack(what: string, came: number | bigint, before: number | bigint): Result<never> {
  return fail('quote.rolled-back', `quote: expected a ${what} of ${before.toString()} or more, got ${came.toString()}`)
}
