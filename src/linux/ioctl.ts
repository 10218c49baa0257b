import { closeSync, constants, openSync } from 'node:fs'
import { type Fault, ok, type Result } from '../core/fault.ts'
import { attempt } from './attempt.ts'
import { failWithErrno, libc } from './libc.ts'

// The kernel's third argument is a pointer in every request used here, so the call needs no variadic form: x86-64 and
// aarch64 pass it in the same register either way.
const call = libc.func('int ioctl(int fd, unsigned long request, void *argument)') as (
  fd: number,
  request: number,
  argument: Uint8Array,
) => number

/** A device file that is asked by ioctl. */
export interface ControlledDevice {
  readonly fd: number
  readonly path: string
  /** Fault `linux.ioctl`: what was attempted and what the kernel said. `argument` is read, written or both. */
  control(request: number, argument: Uint8Array, attempted: string): Result<void>
  close(): void
}

/** Opens it so that a read never waits. Fault `linux.open`. */
export function openControlled(path: string): Result<ControlledDevice> {
  const opened = attempt('linux.open', `${path}: expected to open it`, () =>
    openSync(path, constants.O_RDWR | constants.O_NONBLOCK),
  )
  if (!opened.ok) return opened
  const fd = opened.value
  return ok({
    fd,
    path,
    control: (request, argument, attempted) =>
      call(fd, request, argument) < 0
        ? failWithErrno('linux.ioctl', `${path}: expected to ${attempted}`)
        : ok(undefined),
    close: () => closeSync(fd),
  })
}

/** Whether the kernel refused because the device is of another kind. */
export function isOtherKind(fault: Fault): boolean {
  return fault.message.includes('ENOTTY') || fault.message.includes('EINVAL') || fault.message.includes('EOPNOTSUPP')
}
