import { between, type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction, DriverStatus } from '../driver.ts'

/** A status is said when it changes, and once a minute though it does not. */
export interface StatusReport {
  update(status: DriverStatus, now: MonoNs): readonly DriverAction[]
  /** When it was said last; undefined before the first. */
  saidAt(): MonoNs | undefined
  /** When it must be said again at the latest. */
  nextAt(): MonoNs | undefined
}

const PERIOD_NS = 60n * NS_PER_SECOND

export function createStatusReport(): StatusReport {
  let last: { readonly text: string; readonly at: MonoNs } | undefined
  return {
    update(status, now) {
      const text = JSON.stringify(status)
      if (text === last?.text && between(last.at, now) < PERIOD_NS) return []
      last = { text, at: now }
      return [{ type: 'status', status }]
    },
    saidAt: () => last?.at,
    nextAt: () => (last === undefined ? undefined : plus(last.at, PERIOD_NS)),
  }
}
