import assert from 'node:assert/strict'
import type { Fault, Result } from '../../src/core/fault.ts'

/** The value of a result that a test expects to be ok. */
export function unwrap<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : result.fault.message)
  return result.value
}

/** The fault of a result that a test expects to be none. */
export function faultOf(result: Result<unknown>): Fault {
  assert.ok(!result.ok, 'expected a fault, got a value')
  return result.fault
}
