import type { Stamp } from '../../src/core/stamp.ts'
import { INSTANT_LIMIT_NS, type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import { correctionNs, type OneWay } from './protocol.ts'
import type { Paired } from './sync-pairing.ts'

/** What the grandmaster answered to a request. */
export interface Answer {
  readonly sequenceId: number
  readonly receivedNs: bigint
  readonly correctionScaledNs: bigint
}

/**
 * Our delay requests, when they left, and when the grandmaster says that they came. Stamp and answer come in any order.
 * Faults: `ptp.delay-response`, to a question that was not asked or a second time; `ptp.correction`; `ptp.timestamp`.
 */
export interface DelayExchanges {
  /** The number of the next request, which goes out now. */
  ask(now: MonoNs): number
  sent(sequenceId: number, stamp: Stamp): Paired
  answered(answer: Answer): Paired
  expire(now: MonoNs): void
  /** Requests in a row that brought no answer, and answers in a row to requests of which nobody said when they left. */
  unanswered(): number
  unstamped(): number
}

const WAITS_NS = 2n * NS_PER_SECOND
const WAITING_MAX = 64

interface Waiting {
  readonly until: MonoNs
  readonly sent?: Stamp
  readonly answer?: Answer
}

const NOTHING: Paired = { faults: [] }

export function createDelayExchanges(): DelayExchanges {
  const waiting = new Map<number, Waiting>()
  let last = -1
  let unanswered = 0
  let unstamped = 0

  const giveUp = (sequenceId: number): void => {
    const entry = waiting.get(sequenceId)
    waiting.delete(sequenceId)
    if (entry?.answer === undefined) unanswered += 1
    else unstamped += 1
  }
  const add = (sequenceId: number, entry: Waiting): Paired => {
    const { sent, answer } = entry
    if (sent === undefined || answer === undefined) {
      waiting.set(sequenceId, entry)
      return NOTHING
    }
    waiting.delete(sequenceId)
    unstamped = 0
    return pair(sent, answer)
  }

  return {
    ask: (now) => {
      last = (last + 1) & 0xffff
      const [oldest] = waiting.keys()
      if (waiting.size >= WAITING_MAX && oldest !== undefined) giveUp(oldest)
      waiting.set(last, { until: plus(now, WAITS_NS) })
      return last
    },
    sent: (sequenceId, stamp) => {
      const entry = waiting.get(sequenceId)
      return entry === undefined || entry.sent !== undefined ? NOTHING : add(sequenceId, { ...entry, sent: stamp })
    },
    answered: (answer) => {
      const { sequenceId } = answer
      const entry = waiting.get(sequenceId)
      if (entry === undefined || entry.answer !== undefined) {
        const message = `Delay_Resp ${sequenceId}: expected the answer to a request that waits, got another`
        return { faults: [fault('ptp.delay-response', message)] }
      }
      unanswered = 0
      return add(sequenceId, { ...entry, answer })
    },
    expire: (now) => {
      for (const [sequenceId, { until }] of waiting) if (until <= now) giveUp(sequenceId)
    },
    unanswered: () => unanswered,
    unstamped: () => unstamped,
  }
}

function pair({ at, errorNs }: Stamp, { sequenceId, receivedNs, correctionScaledNs }: Answer): Paired {
  const addedNs = correctionNs(correctionScaledNs)
  if (addedNs === undefined) {
    const message = `Delay_Resp ${sequenceId}: expected a correction within a second, got ${correctionScaledNs >> 16n} ns`
    return { faults: [fault('ptp.correction', message)] }
  }
  if (receivedNs >= INSTANT_LIMIT_NS) {
    const message = `Delay_Resp ${sequenceId}: expected a time before 2116, got ${receivedNs} ns since 1970`
    return { faults: [fault('ptp.timestamp', message)] }
  }
  const oneWay: OneWay = { at, limitNs: receivedNs - addedNs - at, errorNs }
  return { oneWay, faults: [] }
}

function fault(code: string, message: string): DriverFault {
  return { code, message }
}
