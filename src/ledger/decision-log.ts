import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { fail, ok, type Result } from '../core/fault.ts'
import { divCeil } from '../core/integer.ts'
import { inTransaction, openLedger, sqliteFault } from './sqlite.ts'

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

/** Heights above `knownHeight` and below `next`, the decision that follows them. */
export interface LogGap {
  readonly knownHeight: number
  readonly next: StoredDecision
}

/** What can be asked of a log. Every answer may be a fault of the ledger; no decision of that description is undefined. */
export interface DecisionReader {
  /** The newest decision that has its certificate. */
  newestCertified(): Result<StoredDecision | undefined>
  byHeight(height: number): Result<StoredDecision | undefined>
  byEpoch(epoch: number): Result<StoredDecision | undefined>
  byHash(blockHash: Uint8Array): Result<StoredDecision | undefined>
  /** The first certified decision at or after a height. */
  certifiedFrom(height: number): Result<StoredDecision | undefined>
  /** Canonical bytes of a block and of its ancestors, at most `count`, newest first, as far as nothing is missing. */
  run(newest: Uint8Array, count: number): Result<readonly Uint8Array[]>
  /** Where heights are missing below a decision that is here, newest first; beyond `limit` the oldest are told as one. */
  gaps(limit: number): Result<readonly LogGap[]>
  /** Leaf hashes 0 … size − 1. Fault `log.incomplete` when one of them is not here. */
  leafHashes(size: number): Result<readonly Uint8Array[]>
  close(): void
}

/** Every finalized decision, by height. Signatures are kept for a day and then for every 64th epoch; decisions for ever. */
export interface DecisionLog extends DecisionReader {
  /** Keeps decisions, all or none; one of a height that is there already changes nothing. */
  append(...decisions: readonly StoredDecision[]): Result<void>
}

const DAY_NS = 86_400_000_000_000n
const SPARSE_CERTIFICATE_EVERY = 64

/**
 * `complete`: every height up to this one is here, so that a start looks for holes above it alone and not through years.
 * The partial index holds the certificates that will be dropped one day, so finding those that are due costs nothing.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS decision (
    height INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, view INTEGER NOT NULL, block_hash BLOB NOT NULL UNIQUE,
    block BLOB NOT NULL, leaf_hash BLOB NOT NULL, certificate BLOB
  ) STRICT;
  CREATE INDEX IF NOT EXISTS decision_epoch ON decision (epoch);
  CREATE INDEX IF NOT EXISTS decision_certificate ON decision (epoch)
    WHERE certificate IS NOT NULL AND epoch % ${SPARSE_CERTIFICATE_EVERY} <> 0;
  CREATE TABLE IF NOT EXISTS complete (height INTEGER NOT NULL) STRICT;
  INSERT INTO complete SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM complete);
`

/** Every height above the complete ones that does not follow the one before it, newest first. */
const GAPS = `
  SELECT height, coalesce((SELECT max(height) FROM decision AS lower WHERE lower.height < upper.height), 0) AS known
  FROM decision AS upper
  WHERE height > (SELECT height FROM complete) + 1
    AND NOT EXISTS (SELECT 1 FROM decision AS before WHERE before.height = upper.height - 1)
  ORDER BY height DESC
`
/** The end of what follows the complete heights without a hole. */
const COMPLETE = `
  UPDATE complete SET height = coalesce((
    SELECT height FROM decision AS lower
    WHERE lower.height > complete.height
      AND NOT EXISTS (SELECT 1 FROM decision AS after WHERE after.height = lower.height + 1)
    ORDER BY height LIMIT 1
  ), height) WHERE EXISTS (SELECT 1 FROM decision WHERE decision.height = complete.height + 1)
`

/** A change of the membership has the epoch of the decision before it; and another era may have numbered an epoch before. */
const CERTIFIES_TIME =
  'NOT EXISTS (SELECT 1 FROM decision AS before WHERE before.height = decision.height - 1 AND before.epoch = decision.epoch)'

/** Opens the log of a cluster with this epoch period, making it when absent. Faults of the ledger. */
export function openDecisionLog(path: string, epochPeriodNs: bigint): Result<DecisionLog> {
  return openLedger(path, 'shared', 'the decision log', (database) => {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(SCHEMA)
    const insert = database.prepare('INSERT OR IGNORE INTO decision VALUES (?, ?, ?, ?, ?, ?, ?)')
    const dropDue = database.prepare(
      `UPDATE decision SET certificate = NULL
       WHERE epoch <= ? AND certificate IS NOT NULL AND epoch % ${SPARSE_CERTIFICATE_EVERY} <> 0`,
    )
    const advance = database.prepare(COMPLETE)
    advance.run()
    const dayEpochs = Number(divCeil(DAY_NS, epochPeriodNs))
    return {
      ...readerOn(path, database),
      append: (...decisions) => {
        try {
          return inTransaction(database, () => {
            for (const { height, epoch, view, blockHash, block, leafHash, certificate } of decisions) {
              insert.run(height, epoch, view, blockHash, block, leafHash, certificate ?? null)
            }
            advance.run()
            dropDue.run(Math.max(...decisions.map(({ epoch }) => epoch)) - dayEpochs)
            return ok(undefined)
          })
        } catch (error) {
          return sqliteFault(path, 'keep a decision', error)
        }
      },
    }
  })
}

/** Opens the log of a running or stopped agent without changing anything. Faults: `ledger.missing`, those of the ledger. */
export function readDecisionLog(path: string): Result<DecisionReader> {
  if (!existsSync(path)) return fail('ledger.missing', `${path}: expected a decision log, got no file`)
  return openLedger(path, 'read', 'the decision log', (database) => readerOn(path, database))
}

function readerOn(path: string, database: DatabaseSync): DecisionReader {
  const one = (where: string): ((...values: (number | Uint8Array)[]) => Result<StoredDecision | undefined>) => {
    const statement = database.prepare(`SELECT * FROM decision ${where} LIMIT 1`)
    return (...values) => reading(path, () => ok(toDecision(statement.get(...values))))
  }
  const below = database.prepare('SELECT height, block FROM decision WHERE height <= ? ORDER BY height DESC LIMIT ?')
  const [byHash, byHeight] = [one('WHERE block_hash = ?'), one('WHERE height = ?')]
  const leaves = database.prepare('SELECT leaf_hash FROM decision WHERE height <= ? ORDER BY height')
  return {
    newestCertified: one('WHERE certificate IS NOT NULL ORDER BY height DESC'),
    byHeight,
    byEpoch: one(`WHERE epoch = ? AND ${CERTIFIES_TIME} ORDER BY height DESC`),
    byHash,
    certifiedFrom: one('WHERE certificate IS NOT NULL AND height >= ? ORDER BY height'),
    run: (newest, count) => {
      const first = byHash(newest)
      if (!first.ok) return first
      const height = first.value?.height ?? 0
      return reading(path, () => {
        const rows = below.all(height, count)
        const whole = rows.findIndex((row, index) => row['height'] !== height - index)
        return ok(rows.slice(0, whole < 0 ? count : whole).map((row) => row['block'] as Uint8Array))
      })
    },
    gaps: (limit) => {
      const found: LogGap[] = []
      const rows = reading(path, () => ok(database.prepare(GAPS).all()))
      if (!rows.ok) return rows
      for (const row of rows.value) {
        const knownHeight = Number(row['known'])
        const next = found.length < limit ? byHeight(Number(row['height'])) : ok(found.pop()?.next)
        if (!next.ok) return next
        if (next.value !== undefined) found.push({ knownHeight, next: next.value })
      }
      return ok(found)
    },
    leafHashes: (size) =>
      reading(path, () => {
        const hashes = leaves.all(size).map((row) => row['leaf_hash'] as Uint8Array)
        if (hashes.length === size) return ok(hashes)
        const expected = `${path}: expected all ${size} decisions of the log`
        return fail('log.incomplete', `${expected}, got ${hashes.length}; ask another appliance`)
      }),
    close: () => database.close(),
  }
}

function reading<T>(path: string, read: () => Result<T>): Result<T> {
  try {
    return read()
  } catch (error) {
    return sqliteFault(path, 'read the decision log', error)
  }
}

function toDecision(row: Readonly<Record<string, unknown>> | undefined): StoredDecision | undefined {
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
