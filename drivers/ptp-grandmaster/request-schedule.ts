import { createPrng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { PacketContext } from '../packet-driver.ts'
import type { PtpOptions } from './options.ts'
import { intervalNs, NO_INTERVAL } from './protocol.ts'

/** When the next delay request is due, and how far apart messages come. */
export interface RequestSchedule {
  nextAt(): MonoNs | undefined
  /** From now on; the first one comes somewhen within its interval. */
  begin(now: MonoNs): void
  stop(): void
  asked(now: MonoNs): void
  /** What an answer says of the interval that the grandmaster wants. */
  noteAnswer(logInterval: number): void
  noteSync(logInterval: number): void
  syncIntervalNs(): bigint
  /** The longer one of the two ways. */
  longestIntervalNs(): bigint
}

const LOG_REQUEST_INTERVAL = 0
/** G.8275.1 asks for 16 requests a second; more has no use here. */
const LOG_REQUEST_INTERVAL_MIN = -4
const LOG_SYNC_INTERVAL_MIN = -7
const LOG_INTERVAL_MAX = 6

export function createRequestSchedule(options: PtpOptions, port: PacketContext['port']): RequestSchedule {
  // Other receivers draw other numbers.
  const seed = port.clockIdentity.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, port.portNumber)
  const prng = createPrng(seed)
  let logRequest = LOG_REQUEST_INTERVAL
  let syncNs = NS_PER_SECOND
  let nextAt: MonoNs | undefined

  /** Requests of many receivers must not fall together, nor come more often than is wished in the mean (9.5.11.2). */
  const spread = (meanNs: bigint): bigint => (meanNs * (500n + BigInt(prng.nextBelow(1001)))) / 1000n
  const requestNs = (): bigint => intervalNs(options.logDelayRequestInterval ?? logRequest)

  return {
    nextAt: () => nextAt,
    begin: (now) => {
      logRequest = LOG_REQUEST_INTERVAL
      nextAt = plus(now, spread(NS_PER_SECOND))
    },
    stop: () => {
      nextAt = undefined
    },
    asked: (now) => {
      nextAt = plus(now, spread(requestNs()))
    },
    noteAnswer: (logInterval) => {
      if (logInterval === NO_INTERVAL) return
      logRequest = Math.max(LOG_REQUEST_INTERVAL_MIN, Math.min(LOG_INTERVAL_MAX, logInterval))
    },
    noteSync: (logInterval) => {
      const log = logInterval === NO_INTERVAL ? options.logSyncInterval : logInterval
      syncNs = intervalNs(Math.max(LOG_SYNC_INTERVAL_MIN, Math.min(LOG_INTERVAL_MAX, log)))
    },
    syncIntervalNs: () => syncNs,
    longestIntervalNs: () => (requestNs() > syncNs ? requestNs() : syncNs),
  }
}
