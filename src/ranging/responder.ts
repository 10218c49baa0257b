import { fail, ok, type Result } from '../core/fault.ts'
import type { MonoNs } from '../core/time.ts'
import { createAnswerBudget } from './answer-budget.ts'
import type { PreviousResponse, ResponseBody } from './packet.ts'
import type { RangingStamp } from './stamp.ts'

/** What a response says beside its head. */
export type Answer = Pick<ResponseBody, 'received' | 'previous'>

/** The answering half of an exchange with one peer. */
export interface Responder {
  /** The answer to an authentic, fresh request that came at `received`. Fault `ranging.rate` when there were too many. */
  answer(sequence: bigint, received: RangingStamp, now: MonoNs): Result<Answer>
  /** When the response to this request left. Only that of the latest response is of use to anybody. */
  sent(sequence: bigint, stamp: RangingStamp): void
  /** The own ranging clock started a new segment: stamps of the old one must not be told as if they were of the new. */
  forget(): void
}

export interface ResponderLimits {
  readonly answersPerSecond: number
  readonly answersBurst: number
}

export function createResponder(peer: number, limits: ResponderLimits): Responder {
  const budget = createAnswerBudget(limits.answersPerSecond, limits.answersBurst)
  let latestSequence: bigint | undefined
  let previous: PreviousResponse | undefined
  return {
    answer: (sequence, received, now) => {
      if (!budget.take(now)) {
        const expected = `at most ${limits.answersPerSecond} requests a second`
        return fail('ranging.rate', `ranging requests from ${peer}: expected ${expected}, got more`)
      }
      const answer: Answer = { received, previous }
      latestSequence = sequence
      previous = undefined
      return ok(answer)
    },
    sent: (sequence, stamp) => {
      if (sequence === latestSequence) previous = { sequence, sent: stamp }
    },
    forget: () => {
      latestSequence = undefined
      previous = undefined
    },
  }
}
