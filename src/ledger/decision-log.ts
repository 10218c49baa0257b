import { fail, ok, type Result } from '../core/fault.ts'
import { inTransaction, openDatabase, sqliteFault } from './sqlite.ts'

/** One finalized decision as it is kept. */
export interface StoredDecision {
  readonly height: number
  readonly epoch: number
  readonly view: number
  readonly blockHash: Uint8Array
  /** Canonical bytes of the block. */
  readonly block: Uint8Array
  /** Leaf hash of the decision in the RFC 6962 log, 32 bytes; its index is height − 1. */
  readonly leafHash: Uint8Array
  /** The certificate file, when this very block was finalized and its signatures are still kept. */
  readonly certificate: Uint8Array | undefined
}

/** Every finalized decision, by height. Signatures are kept for a day and then for every 64th epoch; decisions for ever. */
export interface DecisionLog {
  /** Keeps a decision; one of a height that is there already changes nothing. */
  append(decision: StoredDecision): Result<void>
  newest(): StoredDecision | undefined
  /** The newest decision that has its certificate. */
  newestCertified(): StoredDecision | undefined
  byHeight(height: number): StoredDecision | undefined
  byEpoch(epoch: number): StoredDecision | undefined
  byHash(blockHash: Uint8Array): StoredDecision | undefined
  /** The first certified decision at or after a height. */
  certifiedFrom(height: number): StoredDecision | undefined
  /** Leaf hashes 0 … size − 1, or a fault when one of them is not here. */
  leafHashes(size: number): Result<readonly Uint8Array[]>
  count(): number
  close(): void
}

const FULL_CERTIFICATES_EPOCHS = 86_400
const SPARSE_CERTIFICATE_EVERY = 64

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS decision (
    height INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, view INTEGER NOT NULL, block_hash BLOB NOT NULL UNIQUE,
    block BLOB NOT NULL, leaf_hash BLOB NOT NULL, certificate BLOB
  ) STRICT;
  CREATE INDEX IF NOT EXISTS decision_epoch ON decision (epoch);
`

type Row = Record<string, unknown>

/** Opens the log, making it when absent. */
export function openDecisionLog(path: string): Result<DecisionLog> {
  const opened = openDatabase(path, { mustExist: false })
  if (!opened.ok) return opened
  const database = opened.value
  try {
    database.exec(SCHEMA)
  } catch (error) {
    return sqliteFault(path, 'create the decision log', error)
  }
  const one = (where: string): ((...values: (number | Uint8Array)[]) => StoredDecision | undefined) => {
    const statement = database.prepare(`SELECT * FROM decision ${where} LIMIT 1`)
    return (...values) => toDecision(statement.get(...values))
  }
  const insert = database.prepare('INSERT OR IGNORE INTO decision VALUES (?, ?, ?, ?, ?, ?, ?)')
  const drop = database.prepare('UPDATE decision SET certificate = NULL WHERE epoch = ? AND epoch % ? <> 0')
  const leaves = database.prepare('SELECT leaf_hash FROM decision WHERE height <= ? ORDER BY height')
  const counted = database.prepare('SELECT count(*) AS decisions FROM decision')
  return ok({
    append: ({ height, epoch, view, blockHash, block, leafHash, certificate }) => {
      try {
        inTransaction(database, () => {
          insert.run(height, epoch, view, blockHash, block, leafHash, certificate ?? null)
          drop.run(epoch - FULL_CERTIFICATES_EPOCHS, SPARSE_CERTIFICATE_EVERY)
        })
        return ok(undefined)
      } catch (error) {
        return sqliteFault(path, 'keep a decision', error)
      }
    },
    newest: one('ORDER BY height DESC'),
    newestCertified: one('WHERE certificate IS NOT NULL ORDER BY height DESC'),
    byHeight: one('WHERE height = ?'),
    byEpoch: one('WHERE epoch = ?'),
    byHash: one('WHERE block_hash = ?'),
    certifiedFrom: one('WHERE certificate IS NOT NULL AND height >= ? ORDER BY height'),
    leafHashes: (size) => {
      const hashes = leaves.all(size).map((row) => row['leaf_hash'] as Uint8Array)
      return hashes.length === size
        ? ok(hashes)
        : fail(
            'log.incomplete',
            `${path}: expected all ${size} decisions of the log, got ${hashes.length}; ask another appliance`,
          )
    },
    count: () => Number(counted.get()?.['decisions'] ?? 0),
    close: () => database.close(),
  })
}

function toDecision(row: Row | undefined): StoredDecision | undefined {
  if (row === undefined) return undefined
  return {
    height: Number(row['height']),
    epoch: Number(row['epoch']),
    view: Number(row['view']),
    blockHash: row['block_hash'] as Uint8Array,
    block: row['block'] as Uint8Array,
    leafHash: row['leaf_hash'] as Uint8Array,
    certificate: (row['certificate'] as Uint8Array | null) ?? undefined,
  }
}
