import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { EVIDENCE_KINDS, type EvidenceEntry, type EvidenceKind } from '../consensus/evidence-entry.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { inTransaction, openLedger, sqliteFault } from './sqlite.ts'

/** A proof of a lie as it is kept. */
export interface StoredEvidence extends EvidenceEntry {
  /** Under which membership it is one. */
  readonly membershipHash: Uint8Array
  /** The newest final epoch when it came. */
  readonly seenAfterEpoch: number
  /** Its encoding; the digest is of it. */
  readonly bytes: Uint8Array
}

/** What can be asked. Every answer may be a fault of the ledger. */
export interface EvidenceReader {
  /** All that is kept, in the order in which it came. */
  all(): Result<readonly StoredEvidence[]>
  close(): void
}

/** Proofs, for ever: the agent has them again after a restart, and whoever doubts a conviction can be shown why. */
export interface EvidenceLog extends EvidenceReader {
  /** Keeps a proof; true when it is new here. Of one member a few say it all, and more of them are not kept. */
  append(evidence: StoredEvidence): Result<boolean>
}

/** Its name in the state directory. */
export const EVIDENCE_FILE = 'evidence.sqlite'

/** The first that was seen, one that a block listed, and some that restarts may bring. */
const PER_MEMBER_MAX = 8

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS evidence (
    digest BLOB PRIMARY KEY, membership_hash BLOB NOT NULL, member INTEGER NOT NULL, kind TEXT NOT NULL,
    number INTEGER NOT NULL, seen_after_epoch INTEGER NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
`

/** Opens the file, making it when absent. Faults of the ledger. */
export function openEvidenceLog(path: string): Result<EvidenceLog> {
  return openLedger(path, 'shared', 'the evidence log', (database) => {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(SCHEMA)
    const count = database.prepare('SELECT count(*) AS kept FROM evidence WHERE membership_hash = ? AND member = ?')
    const insert = database.prepare('INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?)')
    return {
      ...readerOn(path, database),
      append: ({ digest, membershipHash, member, kind, number, seenAfterEpoch, bytes }) => {
        try {
          return inTransaction(database, () => {
            if (Number(count.get(membershipHash, member)?.['kept']) >= PER_MEMBER_MAX) return ok(false)
            const { changes } = insert.run(digest, membershipHash, member, kind, number, seenAfterEpoch, bytes)
            return ok(changes > 0)
          })
        } catch (error) {
          return sqliteFault(path, 'keep evidence', error)
        }
      },
    }
  })
}

/** Opens the file of a running or stopped agent without changing anything. Faults: `ledger.missing`, those of the ledger. */
export function readEvidenceLog(path: string): Result<EvidenceReader> {
  if (!existsSync(path)) return fail('ledger.missing', `${path}: expected an evidence log, got no file`)
  return openLedger(path, 'read', 'the evidence log', (database) => readerOn(path, database))
}

function readerOn(path: string, database: DatabaseSync): EvidenceReader {
  const select = database.prepare('SELECT * FROM evidence ORDER BY rowid')
  return {
    all: () => {
      try {
        return ok(select.all().flatMap(toEvidence))
      } catch (error) {
        return sqliteFault(path, 'read the evidence log', error)
      }
    },
    close: () => database.close(),
  }
}

function toEvidence(row: Readonly<Record<string, unknown>>): readonly StoredEvidence[] {
  const kind = EVIDENCE_KINDS.find((known) => known === row['kind'])
  return kind === undefined ? [] : [withKind(row, kind)]
}

function withKind(row: Readonly<Record<string, unknown>>, kind: EvidenceKind): StoredEvidence {
  return {
    digest: row['digest'] as Uint8Array,
    membershipHash: row['membership_hash'] as Uint8Array,
    member: Number(row['member']),
    kind,
    number: Number(row['number']),
    seenAfterEpoch: Number(row['seen_after_epoch']),
    bytes: row['bytes'] as Uint8Array,
  }
}
