import { closeSync, openSync, readSync } from 'node:fs'
import { fail, ok, type Result } from '../core/fault.ts'

export interface FileWanted {
  /** What it is to hold, for people: `a genesis file`. */
  readonly what: string
  /** More than this is not such a file, and is not read. */
  readonly bytesMax: number
}

/** The bytes of a file that somebody named; anything that can be read will do. Fault: `file.unreadable`. */
export function readNamedFile(path: string, { what, bytesMax }: FileWanted): Result<Uint8Array> {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const bytes = readUpTo(file, bytesMax + 1)
    if (bytes.length <= bytesMax) return ok(bytes)
    return fail('file.unreadable', `${path}: expected ${what} of at most ${bytesMax} bytes, got more`)
  } catch (error) {
    return fail('file.unreadable', `${path}: expected ${what}, got ${reasonOf(error)}`)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** A pipe gives its bytes in pieces. */
function readUpTo(file: number, bytesMax: number): Uint8Array {
  const chunks: Uint8Array[] = []
  let left = bytesMax
  while (left > 0) {
    const chunk = new Uint8Array(Math.min(left, 65_536))
    const count = readSync(file, chunk)
    if (count === 0) break
    chunks.push(chunk.subarray(0, count))
    left -= count
  }
  return new Uint8Array(Buffer.concat(chunks))
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'a file that may not be read',
  EISDIR: 'a folder',
}

/** What the system said, in words where it is one of the usual things. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return REASONS[code ?? ''] ?? message
}
