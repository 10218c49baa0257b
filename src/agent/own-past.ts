import type { Membership } from '../consensus/membership.ts'
import type { ClusterIdentity, SignedMessage } from '../consensus/messages.ts'
import type { Input } from '../consensus/replica/types.ts'
import type { WireMessage } from '../consensus/wire-message.ts'
import { type Fault, ok } from '../core/fault.ts'
import type { HeardLog } from '../ledger/heard-log.ts'
import type { SafetyJournal } from '../ledger/safety-journal.ts'
import type { FaultLog } from './fault-log.ts'
import { createLastWords } from './last-words.ts'
import { createOwnWordCheck, type OwnWord, ownWordsIn, wordOf } from './own-words.ts'
import { createVoiceGate } from './voice-gate.ts'

/**
 * What this member has said before, as far as others know it. Each member shows every other the last words that it has heard
 * of it; one that finds words of its own that its journal does not know has an old journal, and never speaks again.
 */
export interface OwnPast {
  /** Nothing that counts may be said yet. */
  isSilent(): boolean
  /** Whether an input may reach the replica, from which everything that counts comes. */
  admits(input: Input): boolean
  /** The link to this member is up: it is shown its last words. */
  greeted(peer: number): void
  /** What this member shows of ours, its signatures verified. */
  shown(peer: number, messages: readonly SignedMessage[]): void
  start(): void
  stop(): void
}

export interface OwnPastOptions {
  readonly membership: Membership
  readonly cluster: ClusterIdentity
  readonly self: number
  readonly journal: Pick<SafetyJournal, 'bootCount' | 'records' | 'refuse'>
  readonly heard: HeardLog
  readonly faults: FaultLog
  /** This process took part in the session before, so it can not come from a backup made in this one. */
  readonly isKnown: boolean
  send(to: number, message: WireMessage): void
  /** The others have shown what they had heard. */
  known(): void
  /** From now on what is said counts. */
  opened(): void
  alive(): void
  halted(fault: Fault): void
}

export function createOwnPast(options: OwnPastOptions): OwnPast {
  const { membership, cluster, self, journal, heard, faults } = options
  const words = createLastWords({ self, membershipHash: cluster.membershipHash, log: heard, faults })
  const check = createOwnWordCheck(journal)
  // After the end of a session nothing is said in it.
  const isOver = journal.records.some(({ kind }) => kind === 'session-end')
  const gate = createVoiceGate({
    n: membership.members.length,
    open: options.isKnown || isOver,
    opened: () => {
      if (!isOver) options.known()
      options.opened()
    },
    alive: options.alive,
  })
  let isRefused = false
  const judge = (word: OwnWord): void => {
    const judged = isRefused ? ok(undefined) : check.judge(word, !gate.isOpen())
    if (judged.ok) return
    isRefused = true
    gate.stop()
    const kept = journal.refuse(judged.fault.message)
    if (!kept.ok) faults.note('safety journal', kept.fault)
    options.halted(judged.fault)
  }
  let isEnding = isOver
  return {
    isSilent: () => !gate.isOpen(),
    admits: (input) => {
      if (input.type === 'signed') words.heard(input.message)
      for (const word of ownWordsIn(input, self)) judge(word)
      if (isRefused) return false
      // How the session has ended is taken by whoever has no voice in it too, and with it what is missing of the end.
      if (input.type === 'session-step') isEnding = true
      return gate.isOpen() || isEnding
    },
    greeted: (peer) => options.send(peer, { kind: 'last-words', value: words.of(peer) }),
    shown: (peer, messages) => {
      for (const message of messages) judge(wordOf(message))
      if (!isRefused) gate.answered(peer)
    },
    start: gate.start,
    stop: () => {
      gate.stop()
      words.stop()
    },
  }
}
