import { utf8 } from '../core/bytes.ts'
import { ok, type Result } from '../core/fault.ts'
import { failWithErrno, libc } from './libc.ts'

const setsockopt = libc.func(
  'int setsockopt(int fd, int level, int option, const void *value, unsigned int length)',
) as (fd: number, level: number, option: number, value: Uint8Array, length: number) => number
const getsockopt = libc.func('int getsockopt(int fd, int level, int option, void *value, void *length)') as (
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  length: Uint32Array,
) => number

/** Fault `socket.option`: what was attempted and what the kernel said. */
export function setOption(
  fd: number,
  [level, option]: readonly [level: number, option: number],
  value: number | string | Uint8Array,
  attempted: string,
): Result<void> {
  const bytes = typeof value === 'number' ? int32(value) : typeof value === 'string' ? utf8(value) : value
  return setsockopt(fd, level, option, bytes, bytes.length) === 0
    ? ok(undefined)
    : failWithErrno('socket.option', `expected to ${attempted}`)
}

/** An option whose value is a number; undefined where the kernel refuses. */
export function readOption(fd: number, level: number, option: number): number | undefined {
  const value = new Uint8Array(4)
  return getsockopt(fd, level, option, value, Uint32Array.of(4)) === 0
    ? new DataView(value.buffer).getInt32(0, true)
    : undefined
}

/** An option of so many bytes; undefined where the kernel refuses, or has fewer. */
export function readOptionBytes(
  fd: number,
  [level, option]: readonly [level: number, option: number],
  byteLength: number,
): Uint8Array<ArrayBuffer> | undefined {
  const value = new Uint8Array(byteLength)
  const length = Uint32Array.of(byteLength)
  return getsockopt(fd, level, option, value, length) === 0 && length[0] === byteLength ? value : undefined
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value, true)
  return bytes
}
