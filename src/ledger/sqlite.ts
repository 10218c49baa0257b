import { DatabaseSync } from 'node:sqlite'
import { fail, ok, type Result } from '../core/fault.ts'

/** Opens a database that survives power loss: write-ahead log, every commit synced to the disk. Faults instead of throwing. */
export function openDatabase(path: string, options: { readonly mustExist: boolean }): Result<DatabaseSync> {
  try {
    const database = new DatabaseSync(path, { open: true, readOnly: false, timeout: 2_000 })
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON`)
    if (options.mustExist && tableCount(database) === 0) {
      database.close()
      return fail('ledger.empty', `${path}: expected a database made by provisioning, got an empty file`)
    }
    return ok(database)
  } catch (error) {
    return sqliteFault(path, 'open', error)
  }
}

/** One sentence for what SQLite threw; a full disk has its own code. */
export function sqliteFault(
  path: string,
  doing: string,
  error: unknown,
): { readonly ok: false; readonly fault: { readonly code: string; readonly message: string } } {
  const text = error instanceof Error ? error.message : String(error)
  const code = /disk is full|No space left/i.test(text) ? 'ledger.disk-full' : 'ledger.sqlite'
  return fail(code, `${path}: expected to ${doing} durably, got "${text}"`)
}

/** Runs `work` in one transaction: all of it is durable afterwards, or none. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const value = work()
    database.exec('COMMIT')
    return value
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function tableCount(database: DatabaseSync): number {
  const row = database.prepare(`SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table'`).get()
  return Number(row?.['tables'] ?? 0)
}
