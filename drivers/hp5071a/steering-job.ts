import type { ScpiRequest } from '../scpi/session.ts'
import { NEEDS_REMOTE, QUERIES, REMOTE_OFF, REMOTE_ON, setSteering } from './protocol.ts'

/**
 * Sets the frequency offset: the unit takes orders in REMOTE alone, and there its keyboard is locked, so REMOTE is left as it
 * was found, whatever happens in between. One request after the other; the caller asks them when the line is free.
 */
export interface SteeringJob {
  /** The request to send now; undefined when all is done. */
  next(): ScpiRequest | undefined
  /** What became of the one that was sent: the line of the answer, if any, and the code of the prompt. */
  answered(line: string | undefined, errorCode: number): void
  /** Question and answer came apart, or the line was opened afresh. */
  interrupted(): void
  /** Once all is done: the code of the prompt that refused, or 0. */
  refusedBy(): number
  readonly fractionE15: number
}

type Step = 'ask-remote' | 'take-remote' | 'set' | 'read-back' | 'leave-remote' | 'done'

/** A line that comes apart again and again is not for steering over. */
const INTERRUPTIONS_MAX = 3

export function createSteeringJob(fractionE15: number): SteeringJob {
  let step: Step = 'ask-remote'
  let tookRemote = false
  let refusal = 0
  let interruptions = 0
  const requests: Readonly<Record<Step, ScpiRequest | undefined>> = {
    'ask-remote': QUERIES.remote,
    'take-remote': REMOTE_ON,
    set: setSteering(fractionE15),
    'read-back': QUERIES.steering,
    'leave-remote': REMOTE_OFF,
    done: undefined,
  }
  const leave = (): Step => (tookRemote ? 'leave-remote' : 'done')
  return {
    fractionE15,
    next: () => requests[step],
    answered(line, errorCode) {
      switch (step) {
        case 'ask-remote':
          step = line === undefined || /0$|OFF$/.test(line) ? 'take-remote' : 'set'
          break
        case 'take-remote':
          tookRemote = true
          step = 'set'
          break
        case 'set':
          // Other codes may be older ones that wait in the queue: what the unit has now is read back.
          refusal = errorCode === NEEDS_REMOTE ? errorCode : 0
          step = refusal === 0 ? 'read-back' : leave()
          break
        case 'read-back':
          step = leave()
          break
        default:
          step = 'done'
      }
    },
    interrupted() {
      interruptions += 1
      // Not even known whether the last order was taken: REMOTE is left if it may have been taken at all.
      if (step === 'take-remote') tookRemote = true
      if (step === 'set' || step === 'take-remote') refusal = -1
      if (interruptions > INTERRUPTIONS_MAX) step = 'done'
      else if (step !== 'ask-remote') step = leave()
    },
    refusedBy: () => refusal,
  }
}
