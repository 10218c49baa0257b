import type { CompactVote, MessageType, SignedMessage } from '../consensus/messages.ts'
import type { Input, JournalRecord } from '../consensus/replica/types.ts'
import { fail, type Result } from '../core/fault.ts'

/** Something that was signed with this member's key, as somebody shows it. Its signature has been verified. */
export interface OwnWord {
  readonly type: MessageType
  /** The epoch of a proposal, the view of anything else; 0 of a Hello. */
  readonly number: number
  /** With which start of this member it was said. */
  readonly bootCount: number
}

/**
 * Whether the journal can have been there when a word was said. Everything that counts is in the journal before it is sent,
 * and a start is counted before anything is signed; so a word that the journal does not know proves, to anybody and
 * without trust in whoever shows it, that the journal is older than the word: a restored backup, or the disk of a clone.
 */
export interface OwnWordCheck {
  /** `silent`: nothing but Hellos has been signed since the journal was opened. Fault `journal.rolled-back`. */
  judge(word: OwnWord, silent: boolean): Result<void>
}

export interface KnownPast {
  /** This start included. */
  readonly bootCount: number
  /** As they were when the journal was opened. */
  readonly records: readonly JournalRecord[]
}

export function createOwnWordCheck({ bootCount, records }: KnownPast): OwnWordCheck {
  const newest = (kind: JournalRecord['kind']): number =>
    records.reduce((most, record) => (record.kind === kind ? Math.max(most, record.number) : most), -1)
  const [newestProposal, newestFinal] = [newest('proposal'), newest('final')]
  const said = new Set(records.map(({ kind, number }) => `${kind} ${number}`))
  const isKnown = (word: OwnWord, silent: boolean): boolean => {
    if (word.bootCount > bootCount) return false
    if (word.type === 'hello') return true
    if (word.bootCount === bootCount) return !silent
    if (word.type === 'proposal') return word.number <= newestProposal
    // What was said in views below the newest final one, the journal may have forgotten.
    return word.number <= newestFinal || said.has(`${word.type} ${word.number}`)
  }
  return {
    judge: (word, silent) => (isKnown(word, silent) ? { ok: true, value: undefined } : rolledBack(word, bootCount)),
  }
}

function rolledBack({ type, number, bootCount }: OwnWord, present: number): Result<never> {
  const what = type === 'hello' ? 'hello' : `${type} of ${type === 'proposal' ? 'epoch' : 'view'} ${number}`
  return fail(
    'journal.rolled-back',
    `safety journal: expected to find all that this key has signed, got one of start ${present} that does not know the ${what} of start ${bootCount}: a backup was restored, or the disk copied; rejoin under a new key`,
  )
}

/** What of an input the member `self` has signed; the input's signatures have been verified. */
export function ownWordsIn(input: Input, self: number): readonly OwnWord[] {
  if (input.type === 'signed') {
    return input.message.header.sender === self ? [wordOf(input.message)] : []
  }
  if (input.type === 'quorum') {
    const { type, view, votes } = input.certificate
    return votesOf(votes, self, type, view)
  }
  return input.type === 'final' ? votesOf(input.votes, self, 'finalize', input.block.view) : []
}

export function wordOf({ type, header: { bootCount }, body }: SignedMessage): OwnWord {
  return {
    type,
    number: 'epoch' in body && type === 'proposal' ? body.epoch : 'view' in body ? body.view : 0,
    bootCount,
  }
}

function votesOf(votes: readonly CompactVote[], self: number, type: MessageType, number: number): readonly OwnWord[] {
  return votes.filter(({ sender }) => sender === self).map(({ bootCount }) => ({ type, number, bootCount }))
}
