import { fail, ok, type Result } from '../core/fault.ts'
import { max } from '../core/integer.ts'
import { between, type MonoNs } from '../core/time.ts'
import { createAskedExchanges } from './asked-exchanges.ts'
import type { AskedExchange, PreviousResponse, ResponseBody } from './packet.ts'
import { freshMemory, type SessionMemory } from './session-memory.ts'
import type { RangingStamp } from './stamp.ts'
import type { Completed } from './two-way.ts'

/**
 * The asking half of an exchange with one peer: which requests are out, and which stamps of each are known. The stamps
 * may become known in any order: t1 when the network stack tells it, t2 and t4 with the response, t3 with a later one.
 */
export interface Requester {
  /**
   * Opens the next request, giving up those without an answer for too long or beyond the limit on their number. `previous`:
   * the latest exchange of which both own stamps are known, told once.
   */
  open(now: MonoNs): Opened
  sent(sequence: bigint, t1: RangingStamp): Completed | undefined
  /** True while a response to this request would be taken: once, and not after it was given up. */
  awaits(sequence: bigint): boolean
  /** Takes an authentic, awaited response that came at local instant `at` from a clock of this rate bound. Fault `ranging.late`: it counts as lost. */
  answered(response: ResponseBody, ratePpb: bigint, t4: RangingStamp, at: MonoNs): Result<readonly Completed[]>
  /** The peer's ranging clock started a new segment: its stamps of the old one are void. */
  forgetPeerStamps(): void
  /** The own ranging clock started a new segment: everything under way is void, and answers to it are expected but useless. */
  abandon(): void
  /** How many requests are still without an answer. */
  unanswered(): number
}

export interface RequesterLimits {
  readonly answerNsMax: bigint
  readonly outstandingMax: number
}

export interface Opened {
  readonly sequence: bigint
  readonly previous: AskedExchange | undefined
  readonly lost: number
}

interface Attempt {
  readonly openedAt: MonoNs
  abandoned: boolean
  t1: RangingStamp | undefined
  answer: { readonly t2: RangingStamp; readonly t4: RangingStamp; readonly ratePpb: bigint } | undefined
  departure: { readonly t3: RangingStamp; readonly ratePpb: bigint } | undefined
}

function newAttempt(openedAt: MonoNs): Attempt {
  return { openedAt, abandoned: false, t1: undefined, answer: undefined, departure: undefined }
}

export function createRequester(
  peer: number,
  limits: RequesterLimits,
  memory: Pick<SessionMemory, 'lastSequence'> = freshMemory(),
): Requester {
  // In the order of their sequence numbers, which is that of insertion.
  const attempts = new Map<bigint, Attempt>()
  const asked = createAskedExchanges()

  const giveUp = (sequence: bigint, attempt: Attempt): number => {
    attempts.delete(sequence)
    return attempt.answer === undefined ? 1 : 0
  }

  const complete = (sequence: bigint, attempt: Attempt): Completed | undefined => {
    const { t1, answer, departure } = attempt
    if (t1 === undefined || answer === undefined || departure === undefined) return undefined
    attempts.delete(sequence)
    const peerRatePpb = max(answer.ratePpb, departure.ratePpb)
    return { asker: 'self', t1, t2: answer.t2, t3: departure.t3, t4: answer.t4, peerRatePpb }
  }

  const departed = (previous: PreviousResponse, ratePpb: bigint): Completed | undefined => {
    const attempt = attempts.get(previous.sequence)
    if (attempt === undefined || attempt.abandoned) return undefined
    attempt.departure = { t3: previous.sent, ratePpb }
    return complete(previous.sequence, attempt)
  }

  return {
    open: (now) => {
      let lost = 0
      for (const [sequence, attempt] of attempts) {
        const overdue = attempt.answer === undefined && between(attempt.openedAt, now) > limits.answerNsMax
        if (overdue || attempts.size >= limits.outstandingMax) lost += giveUp(sequence, attempt)
      }
      const sequence = memory.lastSequence + 1n
      memory.lastSequence = sequence
      attempts.set(sequence, newAttempt(now))
      return { sequence, previous: asked.take(), lost }
    },
    sent: (sequence, t1) => {
      const attempt = attempts.get(sequence)
      if (attempt === undefined || attempt.abandoned || attempt.t1 !== undefined) return undefined
      attempt.t1 = t1
      asked.note(sequence, t1, attempt.answer?.t4)
      return complete(sequence, attempt)
    },
    awaits: (sequence) => {
      const attempt = attempts.get(sequence)
      return attempt !== undefined && attempt.answer === undefined
    },
    answered: ({ sequence, received, previous }, ratePpb, t4, at) => {
      const attempt = attempts.get(sequence)
      // The caller asks `awaits` first; what a peer can bring about must not end the process, whatever is in between.
      if (attempt === undefined) return ok([])
      const takenNs = between(attempt.openedAt, at)
      if (takenNs > limits.answerNsMax) {
        attempts.delete(sequence)
        const expected = `within ${limits.answerNsMax} ns`
        return fail('ranging.late', `ranging response from ${peer}: expected ${expected}, got it after ${takenNs} ns`)
      }
      if (attempt.abandoned) {
        attempts.delete(sequence)
        return ok([])
      }
      attempt.answer = { t2: received, t4, ratePpb }
      asked.note(sequence, attempt.t1, t4)
      const own = complete(sequence, attempt)
      const earlier = previous === undefined ? undefined : departed(previous, ratePpb)
      return ok([own, earlier].filter((completed) => completed !== undefined))
    },
    forgetPeerStamps: () => {
      for (const [sequence, attempt] of attempts) {
        if (attempt.answer !== undefined) attempts.delete(sequence)
        else attempt.departure = undefined
      }
    },
    abandon: () => {
      asked.forget()
      for (const [sequence, attempt] of attempts) {
        if (attempt.answer === undefined) attempt.abandoned = true
        else attempts.delete(sequence)
      }
    },
    unanswered: () => [...attempts.values()].filter((attempt) => attempt.answer === undefined).length,
  }
}
