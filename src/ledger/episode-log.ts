import type { DatabaseSync } from 'node:sqlite'
import { ok, type Result } from '../core/fault.ts'
import { inTransaction, openLedger, sqliteFault } from './sqlite.ts'

/** A record of something that lasts, as text that its writer reads again. */
export interface StoredEpisode {
  readonly id: number
  readonly open: boolean
  readonly record: string
}

/** What an appliance did while its cluster was out of reach: the newest episodes, bounded, over restarts. */
export interface EpisodeLog {
  /** Newest first. */
  newest(count: number): Result<readonly StoredEpisode[]>
  /** Begins an episode and gives its id; the oldest beyond the limit is forgotten. */
  begin(record: string): Result<number>
  /** Says more of an episode, or the last of it. */
  update(id: number, record: string, open: boolean): Result<void>
  close(): void
}

export const EPISODES_KEPT = 256

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS episode (
    id INTEGER PRIMARY KEY AUTOINCREMENT, open INTEGER NOT NULL, record TEXT NOT NULL
  ) STRICT;
`

/** Opens the record of episodes, making it when absent. Faults of the ledger. */
export function openEpisodeLog(path: string): Result<EpisodeLog> {
  return openLedger(path, 'shared', 'the record of episodes', (database) => {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(SCHEMA)
    return logOn(path, database)
  })
}

function logOn(path: string, database: DatabaseSync): EpisodeLog {
  const newest = database.prepare('SELECT id, open, record FROM episode ORDER BY id DESC LIMIT ?')
  const insert = database.prepare('INSERT INTO episode (open, record) VALUES (1, ?)')
  const forget = database.prepare('DELETE FROM episode WHERE id <= ?')
  const change = database.prepare('UPDATE episode SET open = ?, record = ? WHERE id = ?')
  const tried = <T>(doing: string, work: () => Result<T>): Result<T> => {
    try {
      return work()
    } catch (error) {
      return sqliteFault(path, doing, error)
    }
  }
  return {
    newest: (count) =>
      tried('read the record of episodes', () =>
        ok(
          newest.all(count).map(({ id, open, record }) => {
            return { id: Number(id), open: open === 1, record: String(record) }
          }),
        ),
      ),
    begin: (record) =>
      tried('begin an episode', () => {
        let id = 0
        const begun = inTransaction(database, () => {
          id = Number(insert.run(record).lastInsertRowid)
          forget.run(id - EPISODES_KEPT)
          return ok(undefined)
        })
        return begun.ok ? ok(id) : begun
      }),
    update: (id, record, open) =>
      tried('keep an episode', () => {
        change.run(open ? 1 : 0, record, id)
        return ok(undefined)
      }),
    close: () => database.close(),
  }
}
