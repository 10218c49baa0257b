import { SIGNATURE_BYTES } from '../membership.ts'
import { WANTED_MAX } from '../wire-message.ts'

/** Up to so many missing views are asked of everybody. */
export const FEW_VIEWS = 4
/** What one answer may weigh: a certificate has q signatures, so this is 75 of them at n = 4 and 4 at n = 100. */
const ANSWER_BYTES = 1_048_576

/** For how many views one answer gives certificates, in a cluster where so many decide. */
export function viewsPerAnswer(q: number): number {
  return Math.min(WANTED_MAX, Math.max(FEW_VIEWS, Math.floor(ANSWER_BYTES / (q * SIGNATURE_BYTES))))
}
