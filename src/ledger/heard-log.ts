import type { DatabaseSync } from 'node:sqlite'
import { ok, type Result } from '../core/fault.ts'
import { inTransaction, openLedger, sqliteFault } from './sqlite.ts'

/** Of what kind a message is, as far as it tells how far a member was: its starts, its epochs, its views. */
export const HEARD_SLOTS = ['hello', 'proposal', 'vote'] as const
export type HeardSlot = (typeof HEARD_SLOTS)[number]

/** The newest message of its kind that a member has signed, as far as it was heard here. */
export interface HeardMessage {
  readonly member: number
  readonly slot: HeardSlot
  readonly envelope: Uint8Array
}

/**
 * The last words of the other members. Whoever comes back with an older journal than it had is shown what it has
 * signed since, also when this appliance was started anew meanwhile.
 */
export interface HeardLog {
  /** What is kept of the present membership; everything of others is forgotten. */
  recall(membershipHash: Uint8Array): Result<readonly HeardMessage[]>
  /** Keeps these in place of what was kept of the same member and kind. */
  keep(membershipHash: Uint8Array, heard: readonly HeardMessage[]): Result<void>
  close(): void
}

/** Its name in the state directory. */
export const HEARD_FILE = 'heard.sqlite'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS heard (
    membership_hash BLOB NOT NULL, member INTEGER NOT NULL, slot TEXT NOT NULL, envelope BLOB NOT NULL,
    PRIMARY KEY (membership_hash, member, slot)
  ) STRICT;
`

/** Opens the file, making it when absent. Faults of the ledger. */
export function openHeardLog(path: string): Result<HeardLog> {
  return openLedger(path, 'shared', 'the last words of others', (database) => {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(SCHEMA)
    return heardLogOn(path, database)
  })
}

function heardLogOn(path: string, database: DatabaseSync): HeardLog {
  const forget = database.prepare('DELETE FROM heard WHERE membership_hash <> ?')
  const select = database.prepare('SELECT member, slot, envelope FROM heard WHERE membership_hash = ?')
  const replace = database.prepare('INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?)')
  return {
    recall: (membershipHash) => {
      try {
        forget.run(membershipHash)
        return ok(select.all(membershipHash).flatMap(toHeard))
      } catch (error) {
        return sqliteFault(path, 'read the last words of others', error)
      }
    },
    keep: (membershipHash, heard) => {
      try {
        return inTransaction(database, () => {
          for (const { member, slot, envelope } of heard) replace.run(membershipHash, member, slot, envelope)
          return ok(undefined)
        })
      } catch (error) {
        return sqliteFault(path, 'keep the last words of others', error)
      }
    },
    close: () => database.close(),
  }
}

function toHeard(row: Readonly<Record<string, unknown>>): readonly HeardMessage[] {
  const slot = HEARD_SLOTS.find((known) => known === row['slot'])
  return slot === undefined ? [] : [{ member: Number(row['member']), slot, envelope: row['envelope'] as Uint8Array }]
}
