import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { JournalRecord } from '../consensus/replica/types.ts'
import { equalBytes } from '../core/bytes.ts'
import { shortHex } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { inTransaction, openDatabase, sqliteFault } from './sqlite.ts'

/**
 * What this member has said, durable before it is sent, so that no crash makes it say two things. Provisioning creates
 * it together with the key; an agent whose journal is gone never signs under that key again.
 */
export interface SafetyJournal {
  /** How often the agent has started under this key, this time included. */
  readonly bootCount: number
  /** Everything that still matters, oldest first. */
  records(): readonly JournalRecord[]
  /** Durable when it returns ok. After a fault nothing that depends on the records may be sent. */
  append(records: readonly JournalRecord[]): Result<void>
  close(): void
}

/** Whose journal it is. */
export interface JournalOwner {
  readonly membershipHash: Uint8Array
  readonly member: number
  /** SHA-384 of the member's public signing key. */
  readonly keyHash: Uint8Array
}

/** Proposals older than this many epochs before the newest are of no use to anybody. */
const PROPOSALS_KEPT = 8

const SCHEMA = `
  CREATE TABLE owner (membership_hash BLOB NOT NULL, member INTEGER NOT NULL, key_hash BLOB NOT NULL, boot_count INTEGER NOT NULL) STRICT;
  CREATE TABLE record (sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (kind, number)) STRICT;
`

/** Makes an empty journal for a new key. Fault: the file exists. */
export function createSafetyJournal(path: string, owner: JournalOwner): Result<void> {
  if (existsSync(path))
    return fail('journal.exists', `${path}: expected no journal yet, got an existing one, which is kept`)
  const opened = openDatabase(path, { mustExist: false })
  if (!opened.ok) return opened
  const database = opened.value
  try {
    inTransaction(database, () => {
      database.exec(SCHEMA)
      database.prepare('INSERT INTO owner VALUES (?, ?, ?, 0)').run(owner.membershipHash, owner.member, owner.keyHash)
    })
    return ok(undefined)
  } catch (error) {
    return sqliteFault(path, 'create the safety journal', error)
  } finally {
    database.close()
  }
}

/** Opens the journal and counts a start. Faults: missing, of another member, key or membership, damaged, disk full. */
export function openSafetyJournal(path: string, owner: JournalOwner): Result<SafetyJournal> {
  if (!existsSync(path)) {
    return fail(
      'journal.missing',
      `${path}: expected the safety journal of member ${owner.member}, got no file; a key whose journal is lost must not sign again: rejoin under a new key`,
    )
  }
  const opened = openDatabase(path, { mustExist: true })
  if (!opened.ok) return opened
  const database = opened.value
  try {
    const checked = checkOwner(path, database, owner)
    if (!checked.ok) {
      database.close()
      return checked
    }
    database.exec('UPDATE owner SET boot_count = boot_count + 1')
    return ok(journalOn(path, database, checked.value + 1))
  } catch (error) {
    return sqliteFault(path, 'count a start', error)
  }
}

/** The boot count so far, when the journal is that of `owner`. */
function checkOwner(path: string, database: DatabaseSync, owner: JournalOwner): Result<number> {
  const row = database.prepare('SELECT membership_hash, member, key_hash, boot_count FROM owner').get()
  if (row === undefined) return fail('journal.damaged', `${path}: expected one owner row, got none`)
  const membershipHash = row['membership_hash'] as Uint8Array
  if (row['member'] !== owner.member) {
    return fail(
      'journal.owner',
      `${path}: expected the journal of member ${owner.member}, got that of member ${row['member']}`,
    )
  }
  if (!equalBytes(membershipHash, owner.membershipHash)) {
    return fail(
      'journal.membership',
      `${path}: expected a journal of membership ${shortHex(owner.membershipHash)}…, got one of ${shortHex(membershipHash)}…`,
    )
  }
  if (!equalBytes(row['key_hash'] as Uint8Array, owner.keyHash)) {
    return fail(
      'journal.key',
      `${path}: expected a journal of the configured key ${shortHex(owner.keyHash)}…, got one of another key`,
    )
  }
  return ok(Number(row['boot_count']))
}

function journalOn(path: string, database: DatabaseSync, bootCount: number): SafetyJournal {
  const insert = database.prepare('INSERT INTO record (kind, number, bytes) VALUES (?, ?, ?)')
  const forgetFinal = database.prepare(`DELETE FROM record WHERE kind = 'final' AND number < ?`)
  const forgetVotes = database.prepare(
    `DELETE FROM record WHERE kind IN ('block', 'notarize', 'nullify', 'finalize') AND number < ?`,
  )
  const forgetProposals = database.prepare(`DELETE FROM record WHERE kind = 'proposal' AND number < ?`)
  const select = database.prepare('SELECT kind, number, bytes FROM record ORDER BY sequence')
  return {
    bootCount,
    records: () => select.all() as unknown as readonly JournalRecord[],
    append: (records) => {
      if (records.length === 0) return ok(undefined)
      try {
        inTransaction(database, () => {
          for (const { kind, number, bytes } of records) {
            // A second vote of one kind in one view breaks the UNIQUE constraint: it can not become durable, so it is never sent.
            insert.run(kind, number, bytes)
            if (kind === 'proposal') forgetProposals.run(number - PROPOSALS_KEPT)
            if (kind === 'final') {
              forgetFinal.run(number)
              forgetVotes.run(number)
            }
          }
        })
        return ok(undefined)
      } catch (error) {
        return sqliteFault(path, 'write the safety journal', error)
      }
    },
    close: () => database.close(),
  }
}
