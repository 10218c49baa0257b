import { closeSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../core/fault.ts'
import type { JournalOwner } from './safety-journal.ts'
import { inTransaction, openDatabase, sqliteFault } from './sqlite.ts'

/** One vote of a kind in a view, and either Nullify or Finalize: what the agreement's safety rests on, as constraints. */
const SCHEMA = `
  CREATE TABLE owner (membership_hash BLOB NOT NULL, member INTEGER NOT NULL, key_hash BLOB NOT NULL, boot_count INTEGER NOT NULL, tpm_count INTEGER, refusal TEXT) STRICT;
  CREATE TABLE record (sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (kind, number)) STRICT;
  CREATE UNIQUE INDEX one_end_of_a_view ON record (number) WHERE kind IN ('nullify', 'finalize');
`

/**
 * Makes an empty journal for a new key, or for the next session of one whose starts a TPM has counted, whole or not at all.
 * Faults: `journal.exists` (it is kept), `journal.write`,
 * and those of the ledger.
 */
export function createSafetyJournal(path: string, owner: JournalOwner, tpmCount?: number): Result<void> {
  const draft = `${path}.new`
  try {
    // An interrupted run may have left one.
    rmSync(draft, { force: true })
    const drafted = writeDraft(draft, owner, tpmCount)
    if (!drafted.ok) return drafted
    linkSync(draft, path)
    syncFolder(dirname(path))
    return ok(undefined)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'EEXIST'
      ? fail('journal.exists', `${path}: expected no journal yet, got an existing one, which is kept`)
      : fail('journal.write', `${path}: expected to make the safety journal here, got ${message}`)
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDraft(path: string, { membershipHash, member, keyHash }: JournalOwner, tpmCount?: number): Result<void> {
  const opened = openDatabase(path, 'alone')
  if (!opened.ok) return opened
  const database = opened.value
  try {
    database.exec('PRAGMA journal_mode = WAL')
    return inTransaction(database, () => {
      database.exec(SCHEMA)
      database
        .prepare('INSERT INTO owner VALUES (?, ?, ?, 0, ?, NULL)')
        .run(membershipHash, member, keyHash, tpmCount ?? null)
      return ok(undefined)
    })
  } catch (error) {
    return sqliteFault(path, 'make the safety journal', error)
  } finally {
    database.close()
  }
}

/** Without this the name of a new file may be lost in a power cut, although its content is on the disk. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
