import { constants } from 'node:os'
import { ok, type Result } from '../core/fault.ts'
import { failWithErrno, lastErrno, libc } from './libc.ts'
import { POLL_BYTES, POLL_READY_AT, POLL_WANTED_AT, POLLERR, POLLIN, POLLNVAL } from './socket-abi.ts'

const poll = libc.func('int poll(void *fds, unsigned long count, int timeoutMs)') as (
  fds: Uint8Array,
  count: number,
  timeoutMs: number,
) => number

/** What a descriptor has: packets, something on its error queue, or that it is none any more. */
export interface Readiness {
  readonly readable: boolean
  readonly errors: boolean
  readonly invalid: boolean
}

// Whoever waits does so for the same number of descriptors again and again.
let table = new Uint8Array(0)
let view = new DataView(table.buffer)

/** Waits for at most `timeoutMs` until one of the descriptors has something: one answer for each, in order. Fault `linux.poll`. */
export function pollDescriptors(fds: readonly number[], timeoutMs: number): Result<readonly Readiness[]> {
  if (table.length !== fds.length * POLL_BYTES) {
    table = new Uint8Array(fds.length * POLL_BYTES)
    view = new DataView(table.buffer)
  }
  for (const [index, fd] of fds.entries()) {
    view.setInt32(index * POLL_BYTES, fd, true)
    view.setInt16(index * POLL_BYTES + POLL_WANTED_AT, POLLIN, true)
  }
  // A signal ends the wait early, and nothing is ready then.
  if (poll(table, fds.length, timeoutMs) < 0 && lastErrno() !== constants.errno.EINTR) {
    return failWithErrno('linux.poll', `expected to wait for ${fds.length} descriptors`)
  }
  return ok(
    fds.map((_, index) => {
      const ready = view.getInt16(index * POLL_BYTES + POLL_READY_AT, true)
      return { readable: (ready & POLLIN) !== 0, errors: (ready & POLLERR) !== 0, invalid: (ready & POLLNVAL) !== 0 }
    }),
  )
}
