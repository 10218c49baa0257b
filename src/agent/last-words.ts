import { encodeEnvelope, openBody, openEnvelope, type SignedMessage } from '../consensus/messages.ts'
import type { HeardLog, HeardSlot } from '../ledger/heard-log.ts'
import type { FaultLog } from './fault-log.ts'
import { type OwnWord, wordOf } from './own-words.ts'

/**
 * The newest that every other member has said: its last start, epoch and view, each as it has signed it. It is shown to
 * that member when a link to it comes up, and kept on the disk, a minute late at most; of a new start within a second.
 */
export interface LastWords {
  /** A message whose signature has been verified. */
  heard(message: SignedMessage): void
  /** Envelopes of a member. */
  of(member: number): readonly Uint8Array[]
  stop(): void
}

export interface LastWordsOptions {
  readonly self: number
  readonly membershipHash: Uint8Array
  readonly log: HeardLog
  readonly faults: FaultLog
}

/** A minute of words is soon said again, and a disk has only so many writes. */
const KEEP_MS = 60_000
/** The count of starts is what a restored backup is soonest told by. */
const KEEP_START_MS = 1_000

interface Newest {
  readonly member: number
  readonly slot: HeardSlot
  readonly word: OwnWord
  /** Encoded when it is wanted: most are replaced before. */
  readonly envelope: () => Uint8Array
}

export function createLastWords({ self, membershipHash, log, faults }: LastWordsOptions): LastWords {
  const newest = new Map<string, Newest>()
  const unkept = new Map<string, Newest>()
  let timer: NodeJS.Timeout | undefined
  let dueMs = Number.POSITIVE_INFINITY

  const keep = (): void => {
    clearTimeout(timer)
    dueMs = Number.POSITIVE_INFINITY
    if (unkept.size === 0) return
    const kept = log.keep(
      membershipHash,
      [...unkept.values()].map(({ member, slot, envelope }) => ({ member, slot, envelope: envelope() })),
    )
    unkept.clear()
    if (!kept.ok) faults.note('last words', kept.fault)
  }
  const keepWithin = (ms: number): void => {
    if (dueMs <= ms) return
    clearTimeout(timer)
    dueMs = ms
    timer = setTimeout(keep, ms)
  }

  const recalled = log.recall(membershipHash)
  if (!recalled.ok) faults.note('last words', recalled.fault)
  for (const { member, slot, envelope } of recalled.ok ? recalled.value : []) {
    const word = wordIn(envelope)
    if (word !== undefined) newest.set(keyOf({ member, slot }), { member, slot, word, envelope: () => envelope })
  }
  return {
    heard: (message) => {
      const slot = slotOf(message)
      const { sender: member } = message.header
      if (slot === undefined || member === self) return
      const word = wordOf(message)
      const key = keyOf({ member, slot })
      const before = newest.get(key)
      if (before !== undefined && !isNewer(word, before.word)) return
      const heard = { member, slot, word, envelope: () => encodeEnvelope(message) }
      newest.set(key, heard)
      unkept.set(key, heard)
      keepWithin(slot === 'hello' ? KEEP_START_MS : KEEP_MS)
    },
    of: (member) => [...newest.values()].filter((heard) => heard.member === member).map(({ envelope }) => envelope()),
    stop: keep,
  }
}

/** A Hello tells the start it was said in; the others, how far their sender was. */
function isNewer(word: OwnWord, before: OwnWord): boolean {
  return word.type === 'hello' ? word.bootCount > before.bootCount : word.number > before.number
}

function slotOf({ type }: Pick<SignedMessage, 'type'>): HeardSlot | undefined {
  if (type === 'block') return undefined
  return type === 'hello' || type === 'proposal' ? type : 'vote'
}

function keyOf({ member, slot }: Pick<Newest, 'member' | 'slot'>): string {
  return `${member} ${slot}`
}

function wordIn(envelope: Uint8Array): OwnWord | undefined {
  const opened = openEnvelope(envelope)
  const message = opened.ok ? openBody(opened.value) : opened
  return message.ok ? wordOf(message.value) : undefined
}
