import { SIGNATURE_BYTES } from '../../src/consensus/membership.ts'
import type { JournalRecord } from '../../src/consensus/replica/types.ts'
import { toHex } from '../../src/core/bytes.ts'

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

export function createVirtualJournal(): VirtualJournal {
  const history: JournalRecord[] = []
  const contradictions: string[] = []
  const durable = new Set<string>()
  const said = new Map<string, JournalRecord>()
  const newest = new Map<JournalRecord['kind'], number>()
  let kept: JournalRecord[] = []
  const newestOf = (kind: JournalRecord['kind']): number => newest.get(kind) ?? -1

  const contradictionOf = ({ kind, number }: JournalRecord): string | undefined => {
    if (kind === 'proposal' || kind === 'final') {
      return number <= newestOf(kind) ? `${kind} ${number} after ${kind} ${newestOf(kind)}` : undefined
    }
    if (number < newestOf('final')) return `${kind} ${number} after final ${newestOf('final')}`
    const opposite = kind === 'nullify' ? 'finalize' : kind === 'finalize' ? 'nullify' : kind
    const earlier = said.get(`${kind} ${number}`) ?? said.get(`${opposite} ${number}`)
    return earlier === undefined ? undefined : `${kind} ${number} after ${earlier.kind} ${number}`
  }

  return {
    records: () => kept,
    history,
    contradictions,
    holds: (bytes) => durable.has(fingerprint(bytes)),
    append: (records) => {
      for (const record of records) {
        const { kind, number } = record
        const contradiction = contradictionOf(record)
        if (contradiction !== undefined) contradictions.push(contradiction)
        history.push(record)
        durable.add(fingerprint(record.bytes))
        said.set(`${kind} ${number}`, record)
        newest.set(kind, Math.max(number, newestOf(kind)))
        kept.push(record)
      }
      const oldestView = newestOf('final')
      const oldestEpoch = newestOf('proposal') - PROPOSALS_KEPT
      kept = kept.filter(({ kind, number }) => number >= (kind === 'proposal' ? oldestEpoch : oldestView))
    },
  }
}

/** Envelopes end in their signature, of which the keyed hash of the tests fills the beginning. */
function fingerprint(envelope: Uint8Array): string {
  return toHex(envelope.subarray(-SIGNATURE_BYTES).subarray(0, 16))
}
