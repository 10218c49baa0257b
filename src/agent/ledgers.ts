import type { Configuration } from '../config/schema.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import type { SafetyJournal } from '../ledger/safety-journal.ts'
import { openProvider } from './attestation/provider.ts'
import { countInTpm } from './keys/start-count.ts'
import { checkLogAgainstJournal } from './log-ahead.ts'
import type { OwnSession } from './own-session.ts'
import { checkStateFolder, openRecords, type Records } from './records.ts'
import { openSessionJournal } from './session-journal.ts'

/** Everything that this appliance keeps: what it has said in its session, and what has become of it. */
export interface Ledgers {
  readonly journal: SafetyJournal
  readonly records: Records
  /** Somebody else has the journal from now on, until it is given back. */
  handOver(): void
  /** The journal of the session that is the last of this process, and the key that it belongs to. */
  giveBack(journal: SafetyJournal, keyHash: Uint8Array): void
  /** When nobody else asks the TPM any more. */
  close(): Promise<void>
}

/** A chip writes a counter within 100 ms; what is silent must not keep the agent from starting or ending. */
const COMMAND_MS_MAX = 4_000

/**
 * Opens the journal of a session, has the TPM count the start, where there is one, and opens the records beside it, which must
 * not be further. `note` hears why an end could not be counted. Faults: `state.folder`, those of all three.
 */
export async function openLedgers(
  { node: { stateDirectory }, attestation }: Configuration,
  own: OwnSession,
  note: (fault: Fault) => void,
): Promise<Result<Ledgers>> {
  const folder = checkStateFolder(stateDirectory)
  if (!folder.ok) return folder
  const journal = await openSessionJournal(stateDirectory, own)
  if (!journal.ok) return journal
  let held: { journal: SafetyJournal; keyHash: Uint8Array } | undefined
  held = { journal: journal.value, keyHash: own.identity.keyHash }
  const count = async (): Promise<Result<void>> => {
    // After its end nothing is signed in a session, and its journal counts no more.
    if (held === undefined || isOver(held.journal)) return ok(undefined)
    const tpm = openProvider(attestation, COMMAND_MS_MAX)
    const counted = await countInTpm(tpm, held.keyHash, held.journal)
    await tpm?.close()
    return counted
  }
  const counted = await count()
  const records = counted.ok ? openRecords(stateDirectory, own.session.membership.epochPeriodNs) : counted
  if (!records.ok) {
    journal.value.close()
    return records
  }
  const level = checkLogAgainstJournal(records.value.log, journal.value, own.session.root.height)
  if (!level.ok) {
    records.value.close()
    journal.value.close()
    return level
  }
  return ok({
    journal: journal.value,
    records: records.value,
    handOver: () => {
      held = undefined
    },
    giveBack: (given, keyHash) => {
      held = { journal: given, keyHash }
    },
    close: async () => {
      records.value.close()
      const ended = await count()
      if (!ended.ok) note(ended.fault)
      held?.journal.close()
    },
  })
}

function isOver({ records }: SafetyJournal): boolean {
  return records.some(({ kind }) => kind === 'session-end')
}
