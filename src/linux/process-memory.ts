import { ok, type Result } from '../core/fault.ts'
import { failWithErrno, libc } from './libc.ts'

/** `PR_SET_DUMPABLE` and `PR_GET_DUMPABLE` of linux/prctl.h. */
const PR_GET_DUMPABLE = 3
const PR_SET_DUMPABLE = 4

const prctl = libc.func(
  'int prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)',
) as (option: number, arg2: number, arg3: number, arg4: number, arg5: number) => number

/**
 * Closes the memory of this process: no core file is ever made of it, and of other processes only those that may trace any
 * process can read `/proc/PID/mem` or attach to it (prctl(2), PR_SET_DUMPABLE; proc(5)). Fault `process.dumpable`.
 */
export function closeProcessMemory(): Result<void> {
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) !== 0) {
    return failWithErrno('process.dumpable', 'process: expected to close its memory to core files and other processes')
  }
  return ok(undefined)
}

/** Whether core files can be made of this process, and others of its user may read its memory. */
export function isProcessMemoryOpen(): boolean {
  return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) === 1
}
