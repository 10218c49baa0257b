import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { fail, ok, type Result } from '../core/fault.ts'
import { attempt } from './attempt.ts'
import { failWithErrno, libc } from './libc.ts'

/**
 * Memory that other programs have mapped too. They may read at any instant, so it is written by `Atomics.store` alone:
 * each such store is seen by all processors before those that follow it (sequentially consistent in V8 on x86-64 and
 * aarch64, on memory of any origin), which plain stores of JavaScript promise nobody.
 */
export interface SharedMemory {
  /** Views on it are empty once it is closed. */
  readonly buffer: ArrayBuffer
  close(): void
}

// include/uapi/asm-generic/mman-common.h, include/uapi/linux/ipc.h
const PROT_READ_WRITE = 3
const MAP_SHARED = 1
const IPC_CREAT = 0o1000
const FAILED = 0xffff_ffff_ffff_ffffn

const mmap = libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)') as (
  address: null,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => bigint
const munmap = libc.func('int munmap(void *address, size_t length)') as (address: bigint, length: number) => number
const shmget = libc.func('int shmget(int key, size_t length, int flags)') as (
  key: number,
  length: number,
  flags: number,
) => number
const shmat = libc.func('void *shmat(int id, const void *address, int flags)') as (
  id: number,
  address: null,
  flags: number,
) => bigint
const shmdt = libc.func('int shmdt(const void *address)') as (address: bigint) => number

/**
 * A file of `length` bytes with permissions `mode`, mapped. One that is there is kept with what it holds, for programs may
 * have it mapped: cutting it short would end them. Faults: `shm.file`, `shm.map`.
 */
export function mapSharedFile(path: string, length: number, mode: number): Result<SharedMemory> {
  const expected = `${path}: expected a file of ${length} bytes to share`
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW
  const opened = attempt('shm.file', expected, () => openSync(path, flags, mode))
  if (!opened.ok) return opened
  const fd = opened.value
  const prepared = attempt('shm.file', expected, () => {
    const found = fstatSync(fd)
    if (!found.isFile() || found.size > length) return false
    ftruncateSync(fd, length)
    // The umask may have taken away what readers need.
    fchmodSync(fd, mode)
    return true
  })
  const address = prepared.ok && prepared.value ? mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0) : undefined
  const failed = address === FAILED ? failWithErrno('shm.map', `${path}: expected to map it`) : undefined
  closeSync(fd)
  if (failed !== undefined) return failed
  if (!prepared.ok) return prepared
  if (address === undefined) return fail('shm.file', `${expected}, got a longer one or no file`)
  return ok(memoryAt(address, length, () => munmap(address, length)))
}

/** System V shared memory under `key`, made with permissions `mode` where there is none. Fault `shm.attach`. */
export function attachSharedMemory(key: number, length: number, mode: number): Result<SharedMemory> {
  const expected = `shared memory 0x${key.toString(16)}: expected ${length} bytes`
  const id = shmget(key, length, IPC_CREAT | mode)
  if (id < 0) return failWithErrno('shm.attach', expected)
  const address = shmat(id, null, 0)
  if (address === FAILED) return failWithErrno('shm.attach', expected)
  return ok(memoryAt(address, length, () => shmdt(address)))
}

function memoryAt(address: bigint, length: number, unmap: () => void): SharedMemory {
  const buffer = koffi.view(address, length)
  return {
    buffer,
    close: () => {
      if (buffer.detached) return
      // Whoever still holds a view finds it empty, and does not write to where the memory was.
      buffer.transfer()
      unmap()
    },
  }
}
