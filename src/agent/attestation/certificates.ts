import type { Certificates } from '../../attestation/judge.ts'
import type { NamedCertificate } from '../../attestation/record.ts'
import { type Block, blockCodec } from '../../consensus/block.ts'
import type { Membership } from '../../consensus/membership.ts'
import { epochMarkTai } from '../../consensus/replica/epoch-schedule.ts'
import { equalBytes, toHex } from '../../core/bytes.ts'
import { decode } from '../../core/encoding.ts'
import type { Fault } from '../../core/fault.ts'
import type { TaiNs } from '../../core/time.ts'
import type { DecisionReader, StoredDecision } from '../../ledger/decision-log.ts'

/** What this member has verified itself, for the judge and for its own records. */
export interface CertifiedPast extends Certificates {
  /** A block has become final. */
  committed(block: Pick<Block, 'era' | 'epoch'>): void
  /** The newest certified block whose age is known: what a record is bound to. */
  newest(): NamedCertificate | undefined
}

const FOUND_KEPT = 400

/** Epochs of another era count from another instant: blocks of one date nothing here. */
export function createCertifiedPast(
  log: DecisionReader,
  membership: Membership,
  note: (fault: Fault) => void,
): CertifiedPast {
  const { era } = membership
  let now: TaiNs | undefined
  const opened = (decision: StoredDecision | undefined): Block | undefined => {
    const decoded = decision && decode(blockCodec, decision.block, 'block')
    return decoded?.ok === true && decoded.value.era === era ? decoded.value : undefined
  }
  const markOf = (decision: StoredDecision | undefined): TaiNs | undefined => {
    const block = opened(decision)
    return block && epochMarkTai(membership, block.epoch)
  }
  /** Of a block that none stands before, here: the very first one, or that of the session in which this member has joined. */
  const markBefore = (decision: StoredDecision): TaiNs | undefined => {
    const block = opened(decision)
    return block === undefined || block.list.length === 0 ? undefined : epochMarkTai(membership, block.epoch - 1)
  }
  const find = (height: number): StoredDecision | undefined => {
    const found = log.byHeight(height)
    if (!found.ok) note(found.fault)
    return found.ok ? found.value : undefined
  }
  /** What was found stays so: every member's record is looked at in every epoch. */
  const found = new Map<string, TaiNs>()
  const knowableSince = ({ height, hash }: NamedCertificate): TaiNs | undefined => {
    const key = toHex(hash)
    const known = found.get(key)
    if (known !== undefined) return known
    const named = find(height)
    if (named === undefined || !equalBytes(named.blockHash, hash)) return undefined
    const mark = markOf(find(height - 1)) ?? markBefore(named)
    if (mark === undefined) return undefined
    for (const oldest of [...found.keys()].slice(0, Math.max(0, found.size + 1 - FOUND_KEPT))) found.delete(oldest)
    found.set(key, mark)
    return mark
  }
  const certified = (): StoredDecision | undefined => {
    const newest = log.newestCertified()
    if (!newest.ok) note(newest.fault)
    return newest.ok ? newest.value : undefined
  }
  now = markOf(certified())
  return {
    get now() {
      return now
    },
    knowableSince,
    committed: (block) => {
      if (block.era !== era) return
      const mark = epochMarkTai(membership, block.epoch)
      if (now === undefined || mark > now) now = mark
    },
    newest: () => {
      const newest = certified()
      if (newest === undefined) return undefined
      const named = { height: newest.height, hash: newest.blockHash }
      return knowableSince(named) === undefined ? undefined : named
    },
  }
}
