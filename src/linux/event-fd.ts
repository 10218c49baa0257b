import { closeSync, readSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { ok, type Result } from '../core/fault.ts'
import { attempt } from './attempt.ts'
import { failWithErrno, libc } from './libc.ts'

/** A descriptor by which one thread ends the wait of another that polls it (eventfd(2)). */
export interface EventFd {
  readonly fd: number
  close(): void
}

const EFD_NONBLOCK = 0o4000
const EFD_CLOEXEC = 0o2000000

const eventfd = libc.func('int eventfd(unsigned int count, int flags)') as (count: number, flags: number) => number

export function openEventFd(): Result<EventFd> {
  const fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
  if (fd < 0) return failWithErrno('linux.eventfd', 'expected a descriptor to wake a thread with')
  return ok({ fd, close: () => closeSync(fd) })
}

/** Makes it readable; it stays so until it is lowered. */
export function raiseEvent(fd: number): void {
  writeSync(fd, new Uint8Array(BigUint64Array.of(1n).buffer))
}

/** Makes it unreadable again. Fault `linux.eventfd`, but not for one that was not raised. */
export function lowerEvent(fd: number): Result<void> {
  return attempt('linux.eventfd', 'expected to lower an event', () => {
    try {
      readSync(fd, new Uint8Array(8))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno !== -constants.errno.EAGAIN) throw error
    }
  })
}
