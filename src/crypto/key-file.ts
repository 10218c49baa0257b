import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../core/fault.ts'
import { seedFromPem, seedToPem } from './seed.ts'

const FILE_BYTES_MAX = 4096
const OTHERS_BITS = 0o077

/**
 * Writes a seed as a key file (format: `seed.ts`), mode 0600, durable when this returns. A file that exists is never
 * touched: the complete text is linked into place, which fails where a rename would overwrite.
 * Faults: `key.exists`, `key.write`.
 */
export function writeKeyFile(path: string, seed: Uint8Array): Result<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeDurably(draft, seedToPem(seed))
    linkSync(draft, path)
    syncDirectory(dirname(path))
    return ok(undefined)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'EEXIST'
      ? fail('key.exists', `${path}: expected no file here yet, got one that exists; it was left as it is`)
      : fail('key.write', `${path}: expected to write a key file, got ${message}`)
  } finally {
    rmSync(draft, { force: true })
  }
}

/**
 * The seed in a key file. One that anyone but its owner may read or write is refused: its key is no secret any more.
 * Faults: `key.missing`, `key.permissions`, `key.format`, `key.read`.
 */
export function readKeyFile(path: string): Result<Uint8Array> {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const { mode, size } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > FILE_BYTES_MAX) {
      return fail(
        'key.format',
        `${path}: expected a regular file of at most ${FILE_BYTES_MAX} bytes, got another kind or ${size} bytes`,
      )
    }
    if ((mode & OTHERS_BITS) !== 0) {
      return fail(
        'key.permissions',
        `${path}: expected mode 0600 or stricter, got ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
      )
    }
    return seedFromPem(readFileSync(file, 'latin1'), path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT'
      ? fail('key.missing', `${path}: expected a key file, got no such file`)
      : fail('key.read', `${path}: expected a key file, got ${message}`)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    // The umask may have taken bits away, and a default ACL may have added some.
    fchmodSync(file, 0o600)
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Without this the name of a new file may be lost in a power cut, although its content is on the disk. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
