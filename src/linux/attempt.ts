import { fail, ok, type Result } from '../core/fault.ts'

/**
 * Runs calls of `node:fs`, which throw what the kernel refuses, and returns that as a fault: `expected` says what was
 * to happen (`/run/x.sock: expected to bind it`). Anything else that is thrown is a bug and goes on.
 */
export function attempt<T>(code: string, expected: string, calls: () => T): Result<T> {
  try {
    return ok(calls())
  } catch (error) {
    return refused(code, expected, error)
  }
}

/** The same for calls that return promises. */
export async function attemptAsync<T>(code: string, expected: string, calls: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await calls())
  } catch (error) {
    return refused(code, expected, error)
  }
}

function refused(code: string, expected: string, error: unknown): Result<never> {
  if (!isSystemError(error)) throw error
  return fail(code, `${expected}, got ${error.message}`)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}
