import { libc } from './libc.ts'

/** malloc_trim(3); other C libraries than glibc have none. */
const trim = findTrim()

/**
 * Gives back to the system what the allocator of the C library has free, wherever that lies. Takes tens of milliseconds
 * after much was freed, and half of one every minute from then on; nothing else runs meanwhile. False where the C library cannot.
 */
export function trimAllocator(): boolean {
  if (trim === undefined) return false
  trim(0)
  return true
}

function findTrim(): ((pad: number) => number) | undefined {
  try {
    return libc.func('int malloc_trim(size_t pad)') as (pad: number) => number
  } catch {
    return undefined
  }
}
