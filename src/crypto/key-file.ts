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
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../core/fault.ts'
import { decodeSealedKey, encodeSealedKey, type SealedKey } from './sealed-key.ts'
import { seedFromPem, seedToPem } from './seed.ts'

const FILE_BYTES_MAX = 4096

/**
 * Writes a seed as a key file (format: `seed.ts`), mode 0600, durable when this returns. A file that exists is never
 * touched: the complete text is linked into place, which fails where a rename would overwrite.
 * Faults: `key.exists`, `key.write`.
 */
export function writeKeyFile(path: string, seed: Uint8Array): Result<void> {
  return writeNew(path, seedToPem(seed))
}

/** The same of a key that a TPM has sealed. */
export function writeSealedKeyFile(path: string, key: SealedKey): Result<void> {
  return writeNew(path, encodeSealedKey(key))
}

/** Puts a sealed key in the place of the one that is there, whole or not at all. Fault: `key.write`. */
export function replaceSealedKeyFile(path: string, key: SealedKey): Result<void> {
  const draft = draftOf(path)
  try {
    writeDurably(draft, encodeSealedKey(key))
    renameSync(draft, path)
    syncDirectory(dirname(path))
    return ok(undefined)
  } catch (error) {
    return fail('key.write', `${path}: expected to write a key file, got ${(error as Error).message}`)
  } finally {
    rmSync(draft, { force: true })
  }
}

/**
 * Overwrites a key file, then removes it. On flash, and on file systems that copy, the old blocks may stay until they are used
 * again: what counts is that no membership names the key any more. Fault: `key.write`.
 */
export function destroyKeyFile(path: string): Result<void> {
  try {
    const file = openSync(path, 'r+')
    try {
      const { size } = fstatSync(file)
      writeSync(file, new Uint8Array(size), 0, size, 0)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    rmSync(path)
    syncDirectory(dirname(path))
    return ok(undefined)
  } catch (error) {
    return fail('key.write', `${path}: expected to overwrite and remove it, got ${(error as Error).message}`)
  }
}

function draftOf(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`
}

function writeNew(path: string, content: string | Uint8Array): Result<void> {
  const draft = draftOf(path)
  try {
    writeDurably(draft, content)
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

/** What a key file holds. The seed is the reader's to wipe. */
export type PrivateKey =
  | { readonly kind: 'plain'; readonly seed: Uint8Array }
  | { readonly kind: 'sealed'; readonly sealed: SealedKey }

/** The bits of a mode that nobody but the owner may have. */
const OTHERS_BITS = 0o077
/** What systemd gives a service is guarded by an access list, whose mask stands where the group's bits do. */
const CREDENTIAL_OTHERS_BITS = 0o007

/**
 * The seed in a key file. One that anyone but its owner may read or write is refused: its key is no secret any more.
 * Faults: `key.missing`, `key.permissions`, `key.format`, `key.sealed`, `key.read`.
 */
export function readKeyFile(path: string): Result<Uint8Array> {
  const read = readPrivateKey(path)
  if (!read.ok) return read
  if (read.value.kind === 'plain') return ok(read.value.seed)
  return fail('key.sealed', `${path}: expected a private key in PEM, got one that a TPM has sealed`)
}

/** A key file of either kind; `isCredential`: one that systemd gives. Faults: as `readKeyFile`, but for `key.sealed`. */
export function readPrivateKey(path: string, isCredential = false): Result<PrivateKey> {
  const bytes = readGuarded(path, isCredential ? CREDENTIAL_OTHERS_BITS : OTHERS_BITS)
  if (!bytes.ok) return bytes
  // CBOR begins with the head of an array, PEM with a dash.
  if ((bytes.value[0] ?? 0) >= CBOR_ARRAY) {
    const sealed = decodeSealedKey(bytes.value, path)
    return sealed.ok ? ok({ kind: 'sealed', sealed: sealed.value }) : sealed
  }
  const seed = seedFromPem(bytes.value, path)
  bytes.value.fill(0)
  return seed.ok ? ok({ kind: 'plain', seed: seed.value }) : seed
}

const CBOR_ARRAY = 0x80

function readGuarded(path: string, forbiddenBits: number): Result<Uint8Array> {
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
    if ((mode & forbiddenBits) !== 0) {
      return fail(
        'key.permissions',
        `${path}: expected mode 0600 or stricter, got ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
      )
    }
    return ok(readFileSync(file))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT'
      ? fail('key.missing', `${path}: expected a key file, got no such file`)
      : fail('key.read', `${path}: expected a key file, got ${message}`)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function writeDurably(path: string, content: string | Uint8Array): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    // The umask may have taken bits away, and a default ACL may have added some.
    fchmodSync(file, 0o600)
    writeFileSync(file, content)
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
