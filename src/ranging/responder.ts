import { fail, ok, type Result } from '../core/fault.ts'
import { max } from '../core/integer.ts'
import type { MonoNs } from '../core/time.ts'
import { createAnswerBudget } from './answer-budget.ts'
import type { AskedExchange, PreviousResponse, ResponseBody } from './packet.ts'
import type { RangingStamp } from './stamp.ts'
import type { Completed } from './two-way.ts'

/** What a response says beside its head. */
export type Answer = Pick<ResponseBody, 'received' | 'previous'>

/** The answering half of an exchange with one peer, which learns from it as well, one request later. */
export interface Responder {
  /**
   * The answer to an authentic, fresh request that came at `received` from a clock of this rate bound. Fault `ranging.rate`
   * when there were too many.
   */
  answer(sequence: bigint, ratePpb: bigint, received: RangingStamp, now: MonoNs): Result<Answer>
  /** When the response to this request left. Only that of the latest response is told to the peer. */
  sent(sequence: bigint, stamp: RangingStamp): void
  /** The peer, whose clock has this rate bound now, tells its stamps of an exchange: once, and of one that was answered lately. */
  told(exchange: AskedExchange, ratePpb: bigint): Completed | undefined
  /** The own ranging clock started a new segment: stamps of the old one must not be told as if they were of the new. */
  forget(): void
  /** The peer's did: what it will tell is of the new one. */
  forgetPeerStamps(): void
}

export interface ResponderLimits {
  readonly answersPerSecond: number
  readonly answersBurst: number
}

/** An asker tells of its latest exchange with the next request; some requests may be under way meanwhile, or lost. */
const ANSWERED_MAX = 8

interface Answered {
  readonly t2: RangingStamp
  readonly ratePpb: bigint
  t3: RangingStamp | undefined
}

export function createResponder(peer: number, limits: ResponderLimits): Responder {
  const budget = createAnswerBudget(limits.answersPerSecond, limits.answersBurst)
  let latestSequence: bigint | undefined
  let previous: PreviousResponse | undefined
  // In the order of the answers; the oldest makes room.
  const answered = new Map<bigint, Answered>()

  const remember = (sequence: bigint, t2: RangingStamp, ratePpb: bigint): void => {
    answered.set(sequence, { t2, ratePpb, t3: undefined })
    const [oldest] = answered.keys()
    if (answered.size > ANSWERED_MAX && oldest !== undefined) answered.delete(oldest)
  }

  return {
    answer: (sequence, ratePpb, received, now) => {
      if (!budget.take(now)) {
        const expected = `at most ${limits.answersPerSecond} requests a second`
        return fail('ranging.rate', `ranging requests from ${peer}: expected ${expected}, got more`)
      }
      const answer: Answer = { received, previous }
      latestSequence = sequence
      previous = undefined
      remember(sequence, received, ratePpb)
      return ok(answer)
    },
    sent: (sequence, stamp) => {
      if (sequence === latestSequence) previous = { sequence, sent: stamp }
      const exchange = answered.get(sequence)
      if (exchange !== undefined) exchange.t3 = stamp
    },
    told: ({ sequence, sent, received }, ratePpb) => {
      const exchange = answered.get(sequence)
      answered.delete(sequence)
      if (exchange?.t3 === undefined) return undefined
      const peerRatePpb = max(exchange.ratePpb, ratePpb)
      return { asker: 'peer', t1: sent, t2: exchange.t2, t3: exchange.t3, t4: received, peerRatePpb }
    },
    forget: () => {
      latestSequence = undefined
      previous = undefined
      answered.clear()
    },
    forgetPeerStamps: () => answered.clear(),
  }
}
