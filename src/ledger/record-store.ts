import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { fail, ok, type Result } from '../core/fault.ts'
import { inTransaction, openLedger, sqliteFault } from './sqlite.ts'

/** An attestation record as it was shown. */
export interface StoredRecord {
  /** SHA-384 of its bytes, which its node signs. */
  readonly digest: Uint8Array
  /** The name of the node that has shown it: its number is another's under another membership. */
  readonly node: string
  /** Of the newest final decision when it came. */
  readonly height: number
  readonly bytes: Uint8Array
  readonly eventLog: StoredEventLog | undefined
}

interface StoredEventLog {
  /** SHA-384. */
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
}

/** What had to go so that something newer has room. */
export interface DroppedRecords {
  readonly node: string
  readonly count: number
  /** Of the newest one that went: certificates up to about here name records that are no longer here. */
  readonly height: number
}

/** What can be asked. Every answer may be a fault of the ledger; what is not here is undefined. */
export interface RecordReader {
  record(digest: Uint8Array): Result<Uint8Array | undefined>
  eventLog(digest: Uint8Array): Result<Uint8Array | undefined>
  close(): void
}

/**
 * The attestation records that certificates name, the logs that records name, and what is known of each node. A verdict is
 * spoken only of what is durable here, so whoever doubts a certificate can be shown the record.
 */
export interface RecordStore extends RecordReader {
  /** Keeps a record with its log; the oldest of the same node make room, and are told. One that is here changes nothing. */
  keep(record: StoredRecord): Result<DroppedRecords | undefined>
  /** What was seen of every node, by name, as it was encoded. */
  known(): Result<ReadonlyMap<string, Uint8Array>>
  keepKnown(node: string, bytes: Uint8Array): Result<void>
}

/** Its name in the state directory. */
export const RECORDS_FILE = 'records.sqlite'

/**
 * Of each node, so that one which makes records without end pushes out its own alone. Certificates are dropped after a day but
 * for every 64th, and those name every record of ten minutes: so much holds the usual ones of ten months.
 */
const NODE_BYTES_MAX = 256 << 20
/** A log is the same from one start of a machine to the next, and may be a megabyte. */
const LOGS_PER_NODE_MAX = 32

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS record (
    digest BLOB PRIMARY KEY, node TEXT NOT NULL, height INTEGER NOT NULL, size INTEGER NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS record_age ON record (node, height, size);
  CREATE TABLE IF NOT EXISTS event_log (
    digest BLOB PRIMARY KEY, node TEXT NOT NULL, height INTEGER NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS known_node (node TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
`

/** Opens the file, making it when absent. Faults of the ledger. */
export function openRecordStore(path: string, nodeBytesMax = NODE_BYTES_MAX): Result<RecordStore> {
  return openLedger(path, 'shared', 'the attestation records', (database) => {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(SCHEMA)
    return { ...readerOn(path, database), ...writerOn(path, database, nodeBytesMax) }
  })
}

/** Opens the file of a running or stopped agent without changing anything. Faults: `ledger.missing`, those of the ledger. */
export function readRecordStore(path: string): Result<RecordReader> {
  if (!existsSync(path)) return fail('ledger.missing', `${path}: expected attestation records, got no file`)
  return openLedger(path, 'read', 'the attestation records', (database) => readerOn(path, database))
}

function readerOn(path: string, database: DatabaseSync): RecordReader {
  const bytesOf = (table: string): RecordReader['record'] => {
    const statement = database.prepare(`SELECT bytes FROM ${table} WHERE digest = ?`)
    return (digest) =>
      tried(path, 'read the attestation records', () => {
        return ok(statement.get(digest)?.['bytes'] as Uint8Array | undefined)
      })
  }
  return { record: bytesOf('record'), eventLog: bytesOf('event_log'), close: () => database.close() }
}

function writerOn(
  path: string,
  database: DatabaseSync,
  nodeBytesMax: number,
): Pick<RecordStore, 'keep' | 'known' | 'keepKnown'> {
  const insert = database.prepare('INSERT INTO record VALUES (?, ?, ?, ?, ?)')
  const find = database.prepare('SELECT 1 FROM record WHERE digest = ?')
  const insertLog = database.prepare('INSERT OR IGNORE INTO event_log VALUES (?, ?, ?, ?)')
  const dropLogs = database.prepare(`
    DELETE FROM event_log WHERE node = ?1 AND digest NOT IN (
      SELECT digest FROM event_log WHERE node = ?1 ORDER BY height DESC, rowid DESC LIMIT ${LOGS_PER_NODE_MAX})`)
  const oldest = database.prepare(
    'SELECT rowid, height, size FROM record WHERE node = ? ORDER BY height, rowid LIMIT 1',
  )
  const drop = database.prepare('DELETE FROM record WHERE rowid = ?')
  const allKnown = database.prepare('SELECT node, bytes FROM known_node')
  const replaceKnown = database.prepare('INSERT OR REPLACE INTO known_node VALUES (?, ?)')
  const totals = new Map<string, number>()
  for (const row of database.prepare('SELECT node, sum(size) AS total FROM record GROUP BY node').all()) {
    totals.set(String(row['node']), Number(row['total']))
  }
  /** Room for so many bytes more of a node. */
  const makeRoom = (node: string, bytes: number): { readonly total: number; readonly dropped?: DroppedRecords } => {
    let total = (totals.get(node) ?? 0) + bytes
    let dropped: DroppedRecords | undefined
    for (let row = oldest.get(node); total > nodeBytesMax && row !== undefined; row = oldest.get(node)) {
      drop.run(row['rowid'] as number)
      total -= Number(row['size'])
      dropped = { node, count: (dropped?.count ?? 0) + 1, height: Number(row['height']) }
    }
    return { total, ...(dropped === undefined ? {} : { dropped }) }
  }
  return {
    keep: ({ digest, node, height, bytes, eventLog }) =>
      tried(path, 'keep an attestation record', () => {
        let room: ReturnType<typeof makeRoom> | undefined
        const kept = inTransaction(database, () => {
          if (eventLog !== undefined && insertLog.run(eventLog.digest, node, height, eventLog.bytes).changes > 0) {
            dropLogs.run(node)
          }
          if (find.get(digest) !== undefined) return ok(undefined)
          room = makeRoom(node, bytes.length)
          insert.run(digest, node, height, bytes.length, bytes)
          return ok(undefined)
        })
        if (!kept.ok) return kept
        if (room !== undefined) totals.set(node, room.total)
        return ok(room?.dropped)
      }),
    known: () =>
      tried(path, 'read what is known of nodes', () => {
        return ok(new Map(allKnown.all().map((row) => [String(row['node']), row['bytes'] as Uint8Array])))
      }),
    keepKnown: (node, bytes) =>
      tried(path, 'keep what is known of a node', () => {
        replaceKnown.run(node, bytes)
        return ok(undefined)
      }),
  }
}

function tried<T>(path: string, doing: string, work: () => Result<T>): Result<T> {
  try {
    return work()
  } catch (error) {
    return sqliteFault(path, doing, error)
  }
}
