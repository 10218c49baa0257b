import { getSystemErrorMessage, getSystemErrorName } from 'node:util'
import koffi from 'koffi'
import { type Fault, fail } from '../core/fault.ts'

/**
 * The C library that this process already runs on, the only foreign code called from here. No file is searched for, so
 * whichever libc the Node binary was linked against serves.
 */
export const libc = koffi.load(null)

/** `errno` of the last call into `libc` that failed. Any other call may overwrite it, so it is read first. */
export function lastErrno(): number {
  return koffi.errno()
}

/** A fault about the system call that just failed: what was attempted, then what the kernel said, by name and in words. */
export function failWithErrno(
  code: string,
  attempted: string,
  errno = lastErrno(),
): { readonly ok: false; readonly fault: Fault } {
  return fail(code, `${attempted}: the kernel said ${getSystemErrorName(-errno)} (${getSystemErrorMessage(-errno)})`)
}
