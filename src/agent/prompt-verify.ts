import type { Verify } from '../consensus/quorum-certificate.ts'
import type { Verifier } from '../crypto/signature.ts'
import { createTokenBucket } from '../transport/token-bucket.ts'

/**
 * As much as four members say in a second, twice, and at once what two peers more than that say together: 3 to 4 ms of
 * the event loop at the most, a hundredth of a core over time.
 */
const PER_SECOND = 24
const BURST = 12

/**
 * Verifies at once where little is asked for, and on the pool what comes beyond that: a trip through the pool wakes two threads, which
 * costs an idle agent as much as half of a verification, and a flood must not hold up the event loop. `nowMs` is monotonic.
 */
export function createPromptVerify(
  { verify, verifySync }: Verifier,
  nowMs: () => number = () => performance.now(),
): Verify {
  const prompt = createTokenBucket(PER_SECOND, BURST)
  return async (publicKey, context, message, signature) =>
    prompt.take(nowMs())
      ? verifySync(publicKey, context, message, signature)
      : verify(publicKey, context, message, signature)
}
