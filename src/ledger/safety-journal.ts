import { statSync } from 'node:fs'
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
  /** What still mattered when the journal was opened, oldest first. */
  readonly records: readonly JournalRecord[]
  /**
   * Durable, all of it, when it returns ok. After a fault nothing of it is kept and nothing that depends on it may be
   * sent. Faults: `journal.conflict` (this member has said something else already), and those of the ledger.
   */
  append(records: readonly JournalRecord[]): Result<void>
  /** What the TPM's counter says once it has counted next; undefined when none has ever counted. */
  tpmCount(): number | undefined
  /** Durable when it returns ok. */
  setTpmCount(count: number): Result<void>
  /** Nothing is ever to be signed with this journal's key again: every later opening fails with this message. */
  refuse(message: string): Result<void>
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

/**
 * Opens the journal, for this process alone, and counts a start. Faults: `journal.missing`, `journal.damaged`,
 * `journal.rolled-back` (it was found to be older than what its key has signed), `journal.owner`, `journal.membership`, `journal.key` (it is somebody else's), and those of the ledger.
 */
export function openSafetyJournal(path: string, owner: JournalOwner): Result<SafetyJournal> {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) {
    return fail(
      'journal.missing',
      `${path}: expected the safety journal of member ${owner.member}, got no file; a key whose journal is lost must not sign again: rejoin under a new key`,
    )
  }
  // SQLite takes an empty file for an empty database.
  if (size === 0) return fail('journal.damaged', `${path}: expected a safety journal, got an empty file`)
  const opened = openDatabase(path, 'alone')
  if (!opened.ok) return opened
  const database = opened.value
  const journal = takeOver(path, database, owner)
  if (!journal.ok) database.close()
  return journal
}

function takeOver(path: string, database: DatabaseSync, owner: JournalOwner): Result<SafetyJournal> {
  try {
    const bootCount = checkOwner(path, database, owner)
    if (!bootCount.ok) return bootCount
    const records = database
      .prepare('SELECT kind, number, bytes FROM record ORDER BY sequence')
      .all() as unknown as readonly JournalRecord[]
    database.exec('UPDATE owner SET boot_count = boot_count + 1')
    const set = (column: 'tpm_count' | 'refusal', value: number | string): Result<void> => {
      try {
        database.prepare(`UPDATE owner SET ${column} = ?`).run(value)
        return ok(undefined)
      } catch (error) {
        return sqliteFault(path, 'write the safety journal', error)
      }
    }
    return ok({
      bootCount: bootCount.value + 1,
      records,
      append: appendTo(path, database),
      tpmCount: () => {
        const count = database.prepare('SELECT tpm_count FROM owner').get()?.['tpm_count'] ?? undefined
        return count === undefined ? undefined : Number(count)
      },
      setTpmCount: (count) => set('tpm_count', count),
      refuse: (message) => set('refusal', message),
      close: () => database.close(),
    })
  } catch (error) {
    return sqliteFault(path, 'count a start in the safety journal', error)
  }
}

/** The boot count so far, when the journal is whole and that of `owner`. */
function checkOwner(path: string, database: DatabaseSync, owner: JournalOwner): Result<number> {
  const damage = findDamage(database)
  if (damage !== undefined) return fail('journal.damaged', `${path}: expected a safety journal, got ${damage}`)
  const row = database.prepare('SELECT membership_hash, member, key_hash, boot_count, refusal FROM owner').get()
  if (row === undefined) return fail('journal.damaged', `${path}: expected a safety journal, got one without an owner`)
  if (row['member'] !== owner.member) {
    return fail(
      'journal.owner',
      `${path}: expected the journal of member ${owner.member}, got that of member ${Number(row['member'])}`,
    )
  }
  const membershipHash = row['membership_hash'] as Uint8Array
  if (!equalBytes(membershipHash, owner.membershipHash)) {
    return fail(
      'journal.membership',
      `${path}: expected a journal of membership ${shortHex(owner.membershipHash)}…, got one of ${shortHex(membershipHash)}…`,
    )
  }
  const keyHash = row['key_hash'] as Uint8Array
  if (!equalBytes(keyHash, owner.keyHash)) {
    return fail(
      'journal.key',
      `${path}: expected a journal of the configured key ${shortHex(owner.keyHash)}…, got one of ${shortHex(keyHash)}…`,
    )
  }
  if (row['refusal'] !== null) return fail('journal.rolled-back', `${path}: ${String(row['refusal'])}`)
  return ok(Number(row['boot_count']))
}

/** A journal holds a few dozen records, so all of it is looked at. */
function findDamage(database: DatabaseSync): string | undefined {
  const check = String(database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'])
  if (check !== 'ok') return `a damaged file: ${check.replaceAll(/\s+/g, ' ')}`
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).all()
  const names = tables.map((table) => String(table['name'])).join(', ')
  return names === 'owner, record' ? undefined : `a database with tables ${names === '' ? 'none' : names}`
}

function appendTo(path: string, database: DatabaseSync): SafetyJournal['append'] {
  const insert = database.prepare('INSERT INTO record (kind, number, bytes) VALUES (?, ?, ?)')
  const newest = database.prepare('SELECT max(number) AS number FROM record WHERE kind = ?')
  const voices = database.prepare(`SELECT kind FROM record WHERE number = ? AND kind NOT IN ('proposal', 'final')`)
  const forgetProposals = database.prepare(`DELETE FROM record WHERE kind = 'proposal' AND number < ?`)
  const forgetViews = database.prepare(`DELETE FROM record WHERE kind <> 'proposal' AND number < ?`)

  const newestOf = (kind: JournalRecord['kind']): number => Number(newest.get(kind)?.['number'] ?? -1)

  /** What this member has said that speaks against saying this; also about numbers that are forgotten by now. */
  const findConflict = ({ kind, number }: JournalRecord): string | undefined => {
    if (kind === 'proposal' || kind === 'final') {
      return number <= newestOf(kind) ? `${kind} ${newestOf(kind)} before` : undefined
    }
    if (number < newestOf('final')) return `final ${newestOf('final')} before`
    const said = voices.all(number).map((row) => String(row['kind']))
    const other = kind === 'nullify' ? 'finalize' : kind === 'finalize' ? 'nullify' : undefined
    return said.includes(kind) || (other !== undefined && said.includes(other)) ? `${said.join(', ')} of it` : undefined
  }

  const write = (record: JournalRecord): Result<void> => {
    const { kind, number, bytes } = record
    const conflict = findConflict(record)
    if (conflict !== undefined) {
      return fail('journal.conflict', `${path}: expected nothing said against ${kind} ${number} yet, got ${conflict}`)
    }
    insert.run(kind, number, bytes)
    if (kind === 'proposal') forgetProposals.run(number - PROPOSALS_KEPT)
    if (kind === 'final') forgetViews.run(number)
    return ok(undefined)
  }

  return (records) => {
    if (records.length === 0) return ok(undefined)
    try {
      return inTransaction(database, () => {
        for (const record of records) {
          const written = write(record)
          if (!written.ok) return written
        }
        return ok(undefined)
      })
    } catch (error) {
      return sqliteFault(path, 'write the safety journal', error)
    }
  }
}
