import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import type { Alarms } from './alarms.ts'
import type { Judgement } from './announcement.ts'
import type { PortChoice } from './chosen-port.ts'
import type { DelayExchanges } from './delay-exchange.ts'
import type { PacketBudget } from './packet-budget.ts'
import type { RequestSchedule } from './request-schedule.ts'
import type { SyncPairing } from './sync-pairing.ts'

/** What is looked at every second. */
interface Watched {
  readonly choice: PortChoice
  readonly judgement: Judgement | undefined
  readonly pairing: SyncPairing
  readonly exchanges: DelayExchanges
  readonly budget: PacketBudget
  readonly startedAt: MonoNs
  readonly syncedAt: MonoNs | undefined
  readonly schedule: RequestSchedule
  readonly silent: boolean
  /** Whether its time should be known by now, and is not. */
  readonly timeless: boolean
}

/** So many times in a row it is no chance. */
const MISSED_MIN = 4
const SYNC_INTERVALS_MAX = 4n
const NO_SYNC_NS_MIN = 4n * NS_PER_SECOND

const JUDGED = ['ptp.clock-class', 'ptp.timescale', 'ptp.accuracy', 'ptp.uncertain', 'ptp.utc-offset'] as const

/**
 * What lasts: `ptp.silent`, `ptp.no-sync`, `ptp.no-follow-up`, `ptp.no-delay-response`, `ptp.no-transmit-stamp`,
 * `ptp.no-time`, `ptp.flood`, and what is wrong with the grandmaster's own word.
 */
export function createConditions(alarms: Alarms): { look(watched: Watched, now: MonoNs): readonly DriverFault[] } {
  return {
    look: (watched, now) => {
      const { pairing, exchanges, budget, judgement, silent, timeless } = watched
      const heard = watched.choice.chosen() !== undefined
      const missed = pairing.missed()
      const unanswered = exchanges.unanswered()
      const unstamped = exchanges.unstamped()
      const leftOut = budget.leftOut(now)
      const held = (code: string, isSo: boolean, message: string): readonly DriverFault[] =>
        alarms.hold(code, isSo ? message : undefined)
      return [
        ...held('ptp.silent', silent, 'expected Announces of a grandmaster, got none'),
        ...held('ptp.no-sync', heard && lacksSync(watched, now), 'expected Syncs of the grandmaster, got none'),
        ...held(
          'ptp.no-follow-up',
          heard && missed >= MISSED_MIN,
          `expected a Follow_Up to each Sync, got none to ${MISSED_MIN} and more`,
        ),
        ...held(
          'ptp.no-delay-response',
          heard && unanswered >= MISSED_MIN,
          `expected an answer to each delay request, got none to ${MISSED_MIN} and more`,
        ),
        ...held(
          'ptp.no-transmit-stamp',
          heard && unstamped >= MISSED_MIN,
          `expected to learn when delay requests leave, got that of none of ${MISSED_MIN} and more`,
        ),
        ...held('ptp.no-time', heard && timeless, 'expected Syncs and answers that tell the time, got none that do'),
        ...held('ptp.flood', leftOut > 0, `expected fewer packets, got ${leftOut} a second that were not looked at`),
        ...JUDGED.flatMap((code) => alarms.hold(code, judgement?.alarms[code])),
      ]
    },
  }
}

function lacksSync({ syncedAt, startedAt, schedule }: Watched, now: MonoNs): boolean {
  const allowedNs = schedule.syncIntervalNs() * SYNC_INTERVALS_MAX
  return now >= plus(syncedAt ?? startedAt, allowedNs > NO_SYNC_NS_MIN ? allowedNs : NO_SYNC_NS_MIN)
}
