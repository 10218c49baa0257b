import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ok, type Result } from '../core/fault.ts'
import { createSafetyJournal } from '../ledger/new-safety-journal.ts'
import { type JournalOwner, openSafetyJournal, type SafetyJournal } from '../ledger/safety-journal.ts'
import { checkJournal } from './journal-check.ts'
import type { OwnSession } from './own-session.ts'

/** A journal belongs to one session. That of the first is made with the keys, a later one when its session begins. */
function sessionJournalPath(stateDirectory: string, { session }: OwnSession): string {
  const { session: number } = session.membership
  return join(stateDirectory, number === 0 ? 'journal.sqlite' : `journal-${number}.sqlite`)
}

/**
 * Makes the journal of a session that this appliance has not entered yet, with what the TPM has counted under its key. One that an
 * interrupted change has left is kept.
 * Faults: those of `createSafetyJournal`.
 */
export function makeSessionJournal(
  stateDirectory: string,
  own: OwnSession,
  tpmCount: number | undefined,
): Result<void> {
  const path = sessionJournalPath(stateDirectory, own)
  if (!existsSync(path)) return createSafetyJournal(path, ownerOf(own), tpmCount)
  if (tpmCount === undefined) return ok(undefined)
  // It was made before a crash, and the TPM has counted a start since.
  const kept = openSafetyJournal(path, ownerOf(own))
  if (!kept.ok) return kept
  const counted = kept.value.setTpmCount(Math.max(tpmCount, kept.value.tpmCount() ?? 0))
  kept.value.close()
  return counted
}

/** Opens the journal of a session; its every record must verify. Faults: `journal.*`, those of the ledger. */
export async function openSessionJournal(stateDirectory: string, own: OwnSession): Promise<Result<SafetyJournal>> {
  const path = sessionJournalPath(stateDirectory, own)
  const { session, identity } = own
  const opened = openSafetyJournal(path, ownerOf(own))
  if (!opened.ok) return opened
  const { membership, root } = session
  const genuine = await checkJournal(path, opened.value.records, { membership, root, identity })
  if (genuine.ok) return opened
  opened.value.close()
  return genuine
}

function ownerOf({ session, identity }: OwnSession): JournalOwner {
  return { membershipHash: session.hash, member: identity.member.id, keyHash: identity.keyHash }
}
