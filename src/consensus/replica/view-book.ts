import { equalBytes } from '../../core/bytes.ts'
import type { Block } from '../block.ts'
import { contradictionOf, type Evidence } from '../evidence.ts'
import { compactVote, type SignedMessage } from '../messages.ts'
import type { QuorumCertificate, VoteType } from '../quorum-certificate.ts'

/** A leader's block for a view, as it came. */
export interface OfferedBlock {
  readonly block: Block
  readonly hash: Uint8Array
  readonly message: SignedMessage<'block'>
}

type Vote = SignedMessage<VoteType>

/** What this member itself has said in a view; each of it is in the journal before it is here. */
export interface OwnVoice {
  block?: Uint8Array
  notarize?: { readonly hash: Uint8Array; readonly bytes: Uint8Array }
  nullify?: { readonly bytes: Uint8Array }
  finalize?: { readonly hash: Uint8Array; readonly bytes: Uint8Array }
}

/** Everything known of one view. */
export interface ViewRecord {
  readonly view: number
  /** At most two blocks of the leader: the first, and the second that convicts it. */
  readonly offered: OfferedBlock[]
  /** The first vote of each type of each member. */
  readonly votes: { readonly [K in VoteType]: Map<number, Vote> }
  notarization?: QuorumCertificate
  nullification?: QuorumCertificate
  finalization?: QuorumCertificate
  readonly own: OwnVoice
  /** Who has been found to vote twice, and how. */
  readonly convictions: Set<string>
  /** The first block was looked at and found to be against the rules: nobody correct will vote for it. */
  leaderFailed: boolean
}

/** How far ahead of the present view single votes and blocks are kept; certificates bring a member further at once. */
const VIEWS_AHEAD_MAX = 16

export interface ViewBook {
  readonly size: number
  /** The record of a view, made when absent. */
  at(view: number): ViewRecord
  find(view: number): ViewRecord | undefined
  /** Whether messages of `view` are kept while `present` is the view this member is in. */
  keeps(view: number, present: number): boolean
  /** Forgets every view before `view`. */
  dropBefore(view: number): void
  /** Records from `from` on, ascending. */
  since(from: number): readonly ViewRecord[]
}

export function createViewBook(): ViewBook {
  const records = new Map<number, ViewRecord>()
  let lowest = 0
  return {
    get size() {
      return records.size
    },
    at: (view) => {
      const known = records.get(view)
      if (known !== undefined) return known
      const votes = {
        notarize: new Map<number, Vote>(),
        nullify: new Map<number, Vote>(),
        finalize: new Map<number, Vote>(),
      }
      const convictions = new Set<string>()
      const record: ViewRecord = { view, offered: [], votes, own: {}, convictions, leaderFailed: false }
      records.set(view, record)
      return record
    },
    find: (view) => records.get(view),
    keeps: (view, present) => view >= lowest && view <= present + VIEWS_AHEAD_MAX,
    dropBefore: (view) => {
      lowest = Math.max(lowest, view)
      for (const known of records.keys()) if (known < lowest) records.delete(known)
    },
    since: (from) => {
      const found: ViewRecord[] = []
      let isSorted = true
      for (const record of records.values()) {
        if (record.view < from) continue
        isSorted &&= record.view > (found.at(-1)?.view ?? -1)
        found.push(record)
      }
      // Views are mostly entered one after the other.
      return isSorted ? found : found.sort((a, b) => a.view - b.view)
    },
  }
}

export interface VoteAdded {
  /** The vote was there before, or another one of its kind: its sender repeats itself. */
  readonly repeated: boolean
  /** The certificate that this vote completed. */
  readonly certificate?: QuorumCertificate
  readonly evidence: readonly Evidence[]
}

/** Counts a verified vote; only the first of each kind of a member counts, and only once. */
export function addVote(record: ViewRecord, vote: Vote, q: number): VoteAdded {
  const { sender } = vote.header
  const known = record.votes[vote.type].get(sender)
  if (known !== undefined) return { repeated: true, evidence: conflictingVotes(record, known, vote) }
  record.votes[vote.type].set(sender, vote)
  const evidence = nullifyAndFinalize(record, sender)
  if (certified(record, vote.type) !== undefined) return { repeated: false, evidence }
  if (record.votes[vote.type].size < q) return { repeated: false, evidence }
  const agreeing = [...record.votes[vote.type].values()].filter((other) => sameHash(other, vote))
  if (agreeing.length < q) return { repeated: false, evidence }
  const certificate: QuorumCertificate = {
    type: vote.type,
    view: record.view,
    hash: hashOf(vote),
    votes: agreeing.map(compactVote).sort((a, b) => a.sender - b.sender),
  }
  return { repeated: false, certificate, evidence }
}

function certified(record: ViewRecord, type: VoteType): QuorumCertificate | undefined {
  if (type === 'notarize') return record.notarization
  return type === 'nullify' ? record.nullification : record.finalization
}

/** Keeps a leader's block; a second, different one is evidence. */
export function offerBlock(record: ViewRecord, offered: OfferedBlock): readonly Evidence[] {
  const [first, second] = record.offered
  if (second !== undefined || record.offered.some(({ hash }) => equalBytes(hash, offered.hash))) return []
  record.offered.push(offered)
  if (first === undefined) return []
  record.leaderFailed = true
  return [contradictionOf('conflicting-block', record.view, first.message, offered.message)]
}

function hashOf(vote: Vote): Uint8Array | undefined {
  return vote.type === 'nullify' ? undefined : vote.body.hash
}

function sameHash(a: Vote, b: Vote): boolean {
  const left = hashOf(a)
  const right = hashOf(b)
  return left === undefined || right === undefined ? left === right : equalBytes(left, right)
}

/** Once for each member and type: a liar can sign any number of votes. */
function conflictingVotes(record: ViewRecord, known: Vote, vote: Vote): readonly Evidence[] {
  if (vote.type === 'nullify' || sameHash(known, vote)) return []
  const kind = vote.type === 'notarize' ? 'conflicting-notarize' : 'conflicting-finalize'
  const conviction = `${kind} ${vote.header.sender}`
  if (record.convictions.has(conviction)) return []
  record.convictions.add(conviction)
  return [contradictionOf(kind, record.view, known, vote)]
}

function nullifyAndFinalize(record: ViewRecord, sender: number): readonly Evidence[] {
  const nullify = record.votes.nullify.get(sender)
  const finalize = record.votes.finalize.get(sender)
  if (nullify === undefined || finalize === undefined) return []
  return [contradictionOf('nullify-and-finalize', record.view, nullify, finalize)]
}
