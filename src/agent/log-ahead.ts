import { fail, ok, type Result } from '../core/fault.ts'
import type { DecisionLog } from '../ledger/decision-log.ts'
import type { SafetyJournal } from '../ledger/safety-journal.ts'

/**
 * A decision is in the journal before it is in the log. A log that is further than the journal of its session was there when
 * the journal was younger: the journal alone has been restored. `rootHeight`: of the block that the session starts from.
 * Faults: `journal.rolled-back`, and those of the ledger.
 */
export function checkLogAgainstJournal(
  log: Pick<DecisionLog, 'newestCertified'>,
  { records, refuse }: Pick<SafetyJournal, 'records' | 'refuse'>,
  rootHeight: number,
): Result<void> {
  // What came after the end of the session, the journal of the next one knows.
  if (records.some(({ kind }) => kind === 'session-end')) return ok(undefined)
  const newest = log.newestCertified()
  if (!newest.ok) return newest
  if (newest.value === undefined || newest.value.height <= rootHeight) return ok(undefined)
  const { view } = newest.value
  const finals = records.filter(({ kind }) => kind === 'final').map(({ number }) => number)
  const known = Math.max(0, ...finals)
  if (view <= known) return ok(undefined)
  const message = `safety journal: expected it to know the decision of view ${view} that is in the decision log, got one that ends at view ${known}: a backup of the journal was restored; rejoin under a new key`
  const kept = refuse(message)
  return kept.ok ? fail('journal.rolled-back', message) : kept
}
