import { ok, type Result } from '../core/fault.ts'
import type { SafetyJournal } from '../ledger/safety-journal.ts'
import { checkLogAgainstJournal } from './log-ahead.ts'
import type { OwnSession } from './own-session.ts'
import { checkStateFolder, openRecords, type Records } from './records.ts'
import { openSessionJournal } from './session-journal.ts'

/** Everything that this appliance keeps: what it has said in its session, and what has become of it. */
export interface Ledgers {
  readonly journal: SafetyJournal
  readonly records: Records
  /** Somebody else closes the journal from now on. */
  handOver(): void
  close(): void
}

/** Opens the journal of a session, and the records beside it, which must not be further. Faults: `state.folder`, those of both. */
export async function openLedgers(stateDirectory: string, own: OwnSession): Promise<Result<Ledgers>> {
  const folder = checkStateFolder(stateDirectory)
  if (!folder.ok) return folder
  const journal = await openSessionJournal(stateDirectory, own)
  if (!journal.ok) return journal
  const { membership, root } = own.session
  const records = openRecords(stateDirectory, membership.epochPeriodNs)
  if (!records.ok) {
    journal.value.close()
    return records
  }
  const level = checkLogAgainstJournal(records.value.log, journal.value, root.height)
  if (!level.ok) {
    records.value.close()
    journal.value.close()
    return level
  }
  let isHandedOver = false
  return ok({
    journal: journal.value,
    records: records.value,
    handOver: () => {
      isHandedOver = true
    },
    close: () => {
      records.value.close()
      if (!isHandedOver) journal.value.close()
    },
  })
}
