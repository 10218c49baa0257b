import { SIGNATURE_BYTES } from '../../src/consensus/membership.ts'
import type { JournalRecord } from '../../src/consensus/replica/types.ts'
import { toHex } from '../../src/core/bytes.ts'
import { KEYED_HASH_BYTES } from './keyed-hash.ts'

/**
 * A safety journal in memory: forgets what the product's journal forgets, and knows everything that was ever durable.
 * What no journal may take is a contradiction of the replica itself; the check of a run wants to see none.
 */
export interface VirtualJournal {
  /** What a restart finds, oldest first. */
  records(): readonly JournalRecord[]
  /** Everything that was ever durable, oldest first. */
  readonly history: readonly JournalRecord[]
  readonly contradictions: readonly string[]
  /** Whether this envelope was ever durable. */
  holds(bytes: Uint8Array): boolean
  append(records: readonly JournalRecord[]): void
}

const PROPOSALS_KEPT = 8
/** Records of one step, most of the time. */
const JUST_NOW = 4

export function createVirtualJournal(): VirtualJournal {
  const history: JournalRecord[] = []
  const contradictions: string[] = []
  const fingerprints = new Set<string>()
  let fingerprinted = 0
  const said = new Map<JournalRecord['kind'], Set<number>>()
  const newest = new Map<JournalRecord['kind'], number>()
  let kept: JournalRecord[] = []
  const newestOf = (kind: JournalRecord['kind']): number => newest.get(kind) ?? -1

  const contradictionOf = ({ kind, number }: JournalRecord): string | undefined => {
    if (kind === 'proposal' || kind === 'final') {
      return number <= newestOf(kind) ? `${kind} ${number} after ${kind} ${newestOf(kind)}` : undefined
    }
    if (number < newestOf('final')) return `${kind} ${number} after final ${newestOf('final')}`
    const opposite: JournalRecord['kind'] = kind === 'nullify' ? 'finalize' : kind === 'finalize' ? 'nullify' : kind
    const earlier = [kind, opposite].find((other) => said.get(other)?.has(number) === true)
    return earlier === undefined ? undefined : `${kind} ${number} after ${earlier} ${number}`
  }

  return {
    records: () => kept,
    history,
    contradictions,
    holds: (bytes) => {
      // Mostly it is the very array that was just journalled: only what is not needs the fingerprints of all.
      for (let age = 1; age <= JUST_NOW; age++) {
        const record = history.at(-age)
        if (record !== undefined && isEnvelope(record) && record.bytes === bytes) return true
      }
      for (const record of history.slice(fingerprinted).filter(isEnvelope)) fingerprints.add(fingerprint(record.bytes))
      fingerprinted = history.length
      return fingerprints.has(fingerprint(bytes))
    },
    append: (records) => {
      for (const record of records) {
        const { kind, number } = record
        const contradiction = contradictionOf(record)
        if (contradiction !== undefined) contradictions.push(contradiction)
        history.push(record)
        const numbers = said.get(kind) ?? new Set()
        said.set(kind, numbers.add(number))
        newest.set(kind, Math.max(number, newestOf(kind)))
      }
      const oldestView = newestOf('final')
      const oldestEpoch = newestOf('proposal') - PROPOSALS_KEPT
      // A new array each time: whoever was given the one before still has what it held then.
      kept = [...kept, ...records].filter(
        ({ kind, number }) => number >= (kind === 'proposal' ? oldestEpoch : oldestView),
      )
    },
  }
}

function isEnvelope({ kind }: JournalRecord): boolean {
  return kind !== 'final' && kind !== 'notarization' && kind !== 'nullification'
}

/** Envelopes end in their signature, of which the keyed hash of the tests fills the beginning. */
function fingerprint(envelope: Uint8Array): string {
  return toHex(envelope.subarray(-SIGNATURE_BYTES).subarray(0, KEYED_HASH_BYTES))
}
