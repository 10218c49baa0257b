import { fstatSync, statSync } from 'node:fs'
import { type Fault, fail } from '../core/fault.ts'
import { attempt } from '../linux/attempt.ts'

/**
 * Whether `path` still names the device that `fd` was opened on: undefined, or the fault that says what became of it.
 * A device that is unplugged loses its name in /dev while it is held open; so does the slave of a closed pty, whose
 * inode number the next one may get again. Only the link count of the open device tells.
 */
export function findDeviceFault(path: string, fd: number): Fault | undefined {
  const held = fstatSync(fd)
  if (held.nlink === 0) {
    return { code: 'serial.vanished', message: `${path}: expected the device that was opened, got one that is gone` }
  }
  const named = attempt('serial.vanished', `${path}: expected the device that was opened`, () => statSync(path))
  if (!named.ok) return named.fault
  if (named.value.dev === held.dev && named.value.ino === held.ino) return undefined
  return fail('serial.replaced', `${path}: expected the device that was opened, got another under its name`).fault
}
