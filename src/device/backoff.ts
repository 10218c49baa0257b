const FIRST_MS = 250
const LAST_MS = 10_000
const JITTER = 0.25

/**
 * How long to wait before attempt number `attempt` (from 0) to reach a device again, ms: 250 doubling up to 10 000, and
 * up to a quarter more by `unit` in [0, 1), so that ports of one hub that vanished together do not come back in step.
 */
export function backoffMs(attempt: number, unit: number): number {
  return Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)) * (1 + JITTER * unit)
}
