import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '../core/bytes.ts'
import { ok, type Result } from '../core/fault.ts'
import { createSafetyJournal } from '../ledger/new-safety-journal.ts'
import { type JournalOwner, openSafetyJournal, type SafetyJournal } from '../ledger/safety-journal.ts'
import { attempt } from '../linux/attempt.ts'
import { checkJournal } from './journal-check.ts'
import type { OwnSession } from './own-session.ts'

/** A journal belongs to one session. That of the first is made with the keys, a later one when its session begins. */
export function sessionJournalPath(stateDirectory: string, { session }: Pick<OwnSession, 'session'>): string {
  const { session: number } = session.membership
  return join(stateDirectory, number === 0 ? 'journal.sqlite' : `journal-${number}.sqlite`)
}

/**
 * Makes the journal of a session that this appliance has not entered yet, with what the TPM has counted under its key, and notes
 * beside it whose it is, so that it is known to have been should it ever be lost. One that an interrupted change has left is kept.
 * Faults: those of `createSafetyJournal`, `journal.note`.
 */
export function makeSessionJournal(
  stateDirectory: string,
  own: OwnSession,
  tpmCount: number | undefined,
): Result<void> {
  const path = sessionJournalPath(stateDirectory, own)
  const made = existsSync(path) ? countAgain(path, own, tpmCount) : createSafetyJournal(path, ownerOf(own), tpmCount)
  if (!made.ok) return made
  const note = notePath(stateDirectory, own)
  return attempt('journal.note', `${note}: expected to note whose journal was made`, () =>
    writeFileSync(note, `${toHex(own.identity.keyHash)}\n`, { mode: 0o640, flush: true }),
  )
}

/** It was made before a crash, and the TPM has counted a start since. */
function countAgain(path: string, own: OwnSession, tpmCount: number | undefined): Result<void> {
  if (tpmCount === undefined) return ok(undefined)
  const kept = openSafetyJournal(path, ownerOf(own))
  if (!kept.ok) return kept
  const counted = kept.value.setTpmCount(Math.max(tpmCount, kept.value.tpmCount() ?? 0))
  kept.value.close()
  return counted
}

/** Whether a journal of this key was made here for this session, also when it is gone. */
export function hadSessionJournal(stateDirectory: string, own: OwnSession): boolean {
  const note = notePath(stateDirectory, own)
  return existsSync(note) && readFileSync(note, 'latin1').trim() === toHex(own.identity.keyHash)
}

function notePath(stateDirectory: string, own: OwnSession): string {
  return `${sessionJournalPath(stateDirectory, own)}.key`
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
