import { ok, type Result } from '../core/fault.ts'
import type { JournalOwner } from './safety-journal.ts'
import { openDatabase, sqliteFault } from './sqlite.ts'

/** Whose journal it is, and what a TPM has counted under its key; undefined when none has. */
export interface KeptOwner extends JournalOwner {
  readonly tpmCount: number | undefined
}

/**
 * Whose journal an existing file is; this is no start under its key. Faults: those of the ledger, `ledger.in-use` while an agent
 * has it.
 */
export function readJournalOwner(path: string): Result<KeptOwner> {
  // After a crash a connection that may not write can not read a write-ahead log either.
  const opened = openDatabase(path, 'shared')
  if (!opened.ok) return opened
  try {
    const row = opened.value.prepare('SELECT membership_hash, member, key_hash, tpm_count FROM owner').get() ?? {}
    return ok({
      membershipHash: new Uint8Array(row['membership_hash'] as Uint8Array),
      member: Number(row['member']),
      keyHash: new Uint8Array(row['key_hash'] as Uint8Array),
      tpmCount: typeof row['tpm_count'] === 'number' ? row['tpm_count'] : undefined,
    })
  } catch (error) {
    return sqliteFault(path, 'see whose journal it is', error)
  } finally {
    opened.value.close()
  }
}
