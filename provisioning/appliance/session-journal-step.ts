import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { OwnSession } from '../../src/agent/own-session.ts'
import { hadSessionJournal, makeSessionJournal, sessionJournalPath } from '../../src/agent/session-journal.ts'
import type { SessionChain } from '../../src/consensus/session-chain.ts'
import { equalBytes, toHex, utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { readJournalOwner } from '../../src/ledger/journal-owner.ts'
import { keepStep, newFileStep, type Step } from '../step.ts'

/** What is known of an appliance that is to begin its part in the newest session. */
export interface JournalSituation {
  readonly own: OwnSession
  readonly chain: SessionChain
  readonly stateDirectory: string
  /** Where marks are left of keys that have a journal: a state folder that is lost must not take the knowledge with it. */
  readonly keyFolder: string
}

/**
 * What makes the journal of the newest session, and the mark of its key: only where no journal of this key for this session can
 * ever have been. A key that has signed and forgotten what must not sign again. Only looks. Faults:
 * `join.journal-lost`, `join.first-session`, `join.other-journal`, those of the ledger.
 */
export function drawSessionJournal(situation: JournalSituation): Result<readonly Step[]> {
  const { own, stateDirectory, keyFolder } = situation
  const { session } = own.session.membership
  const path = sessionJournalPath(stateDirectory, own)
  const what = `safety journal of session ${session}`
  const mark = markOf(keyFolder, own)
  const markStep = drawMark(keyFolder, own)
  if (existsSync(path)) {
    const same = belongs(path, own)
    return same.ok ? ok([keepStep(path, what), markStep]) : same
  }
  const counted = mayBeMade(situation, path, mark)
  if (!counted.ok) return counted
  const perform = (): Result<void> => makeSessionJournal(stateDirectory, own, counted.value)
  return ok([{ action: 'create', path, what, perform }, markStep])
}

/** Says that this key has a journal, as long as its keys are there. */
export function drawMark(keyFolder: string, own: OwnSession): Step {
  const mark = markOf(keyFolder, own)
  const what = 'mark that this key has a journal'
  const { cluster, session } = own.session.membership
  if (existsSync(mark)) return keepStep(mark, what)
  return newFileStep(mark, utf8(`${cluster}: session ${session}\n`), 0o644, what)
}

function markOf(keyFolder: string, { identity }: OwnSession): string {
  return join(keyFolder, `${toHex(identity.keyHash.subarray(0, 8))}.joined`)
}

function belongs(path: string, { session, identity }: OwnSession): Result<void> {
  const owner = readJournalOwner(path)
  if (!owner.ok) return owner
  const { keyHash, membershipHash } = owner.value
  if (equalBytes(keyHash, identity.keyHash) && equalBytes(membershipHash, session.hash)) return ok(undefined)
  return fail(
    'join.other-journal',
    `${path}: expected the journal of this key in session ${session.membership.session}, got that of another key or cluster`,
  )
}

/** With what a TPM has counted under this key before; undefined when none has. */
function mayBeMade(
  { own, chain, stateDirectory }: JournalSituation,
  path: string,
  mark: string,
): Result<number | undefined> {
  const { membership } = own.session
  if (membership.session === 0) {
    return fail(
      'join.first-session',
      `${path}: expected the journal that is made together with the keys of a first session, got no file`,
    )
  }
  const lost = (why: string): Result<never> =>
    fail('join.journal-lost', `${path}: expected the safety journal, since ${why}, got no file`)
  if (hadSessionJournal(stateDirectory, own)) return lost(`${path}.key says that it was made`)
  const { signingKey } = own.identity.member
  const former = chain.sessions.findLast(
    (session) =>
      session !== own.session && session.membership.members.some((member) => equalBytes(member.signingKey, signingKey)),
  )
  if (former === undefined) {
    return existsSync(mark) ? lost(`${mark} says that this key has had one`) : ok(undefined)
  }
  const since = `this key was a member's in session ${former.membership.session} already`
  const before = sessionJournalPath(stateDirectory, { session: former })
  if (!existsSync(before)) return lost(since)
  const owner = readJournalOwner(before)
  if (!owner.ok) return owner
  return equalBytes(owner.value.keyHash, own.identity.keyHash)
    ? ok(owner.value.tpmCount)
    : lost(`${since}, and ${before} is of another`)
}
