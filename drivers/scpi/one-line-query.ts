import type { ScpiRequest } from './session.ts'

/** A query whose answer is one line of this form. */
export function oneLineQuery(command: string, answer: RegExp, replyWithinNs: bigint): ScpiRequest {
  return {
    command,
    replyWithinNs,
    accepts: (lines) => lines.length === 1 && answer.test(lines[0] ?? ''),
  }
}
