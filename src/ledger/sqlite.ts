import { DatabaseSync } from 'node:sqlite'
import { fail, ok, type Result } from '../core/fault.ts'

/**
 * Who else may have a database open: `alone` nobody, in no process; `shared` anybody may read it meanwhile; `read` only
 * looks, so the file must be there and is left as it is.
 */
export type DatabaseUse = 'alone' | 'shared' | 'read'

/** Of pages that were read or written. SQLite's own limit is 2 MiB for each database, and it fills with every page there is. */
const CACHE_KIB = 256

/** How long a database that somebody else has locked is waited for: longer than a killed process takes to die. */
const LOCKED_MS_MAX = 2_000

/**
 * Opens a database of which every commit is synced to the disk, so that it survives power loss; a missing file is a new,
 * empty database unless it is only to be read. Fault: as `sqliteFault`.
 */
export function openDatabase(path: string, use: DatabaseUse): Result<DatabaseSync> {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: use === 'read', timeout: LOCKED_MS_MAX })
    database.exec('PRAGMA synchronous = FULL')
    database.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    if (use === 'alone') database.exec('PRAGMA locking_mode = EXCLUSIVE')
    return ok(database)
  } catch (error) {
    database?.close()
    return sqliteFault(path, 'open it', error)
  }
}

/**
 * Opens a ledger that others may read meanwhile, and makes of it what `on` makes; `what` names it in the fault. Faults: as
 * `sqliteFault`, and nothing stays open then.
 */
export function openLedger<T>(
  path: string,
  use: 'shared' | 'read',
  what: string,
  on: (database: DatabaseSync) => T,
): Result<T> {
  const opened = openDatabase(path, use)
  if (!opened.ok) return opened
  try {
    return ok(on(opened.value))
  } catch (error) {
    opened.value.close()
    return sqliteFault(path, `open ${what}`, error)
  }
}

/** Result codes of SQLite (https://sqlite.org/rescode.html); the low byte is the primary one. */
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
/** The index beside a write-ahead log could not be given its size: in practice, no space. */
const SQLITE_IOERR_SHMSIZE = 4_874

/**
 * One sentence for what SQLite threw. Faults: `ledger.disk-full`, `ledger.in-use`, `ledger.damaged`, else
 * `ledger.sqlite`.
 */
export function sqliteFault(path: string, doing: string, error: unknown): ReturnType<typeof fail> {
  const expected = `${path}: expected to ${doing}`
  const code = errorCode(error)
  if (code === SQLITE_IOERR_SHMSIZE) return fail('ledger.disk-full', `${expected}, got a full disk`)
  switch (code & 0xff) {
    case SQLITE_FULL:
      return fail('ledger.disk-full', `${expected}, got a full disk`)
    case SQLITE_BUSY:
      return fail('ledger.in-use', `${expected}, got a database that another process has open`)
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail('ledger.damaged', `${expected}, got a damaged file: ${describe(error)}`)
    default:
      return fail('ledger.sqlite', `${expected}, got "${describe(error)}"`)
  }
}

/** Runs `work` in one transaction: after ok all of it is durable, after a fault or a throw nothing of it. */
export function inTransaction<T>(database: DatabaseSync, work: () => Result<T>): Result<T> {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec(result.ok ? 'COMMIT' : 'ROLLBACK')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function errorCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
