import type { Result } from '../../../src/core/fault.ts'

/** The value of a result that a trial needs; in a guest there is no assertion library. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.fault.code}: ${result.fault.message}`)
  return result.value
}
