import type { Certificates } from '../attestation/judge.ts'
import type { NamedCertificate } from '../attestation/record.ts'
import type { Block } from '../consensus/block.ts'
import { type Decision, decisionCodec } from '../consensus/decision.ts'
import { MEMBERS_MAX, type Membership } from '../consensus/membership.ts'
import { epochMarkTai, markBeforeFirst } from '../consensus/replica/epoch-schedule.ts'
import { equalBytes } from '../core/bytes.ts'
import { bytesCodec, type Codec, encode, listCodec, recordCodec, refinedCodec, uintCodec } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { leafHash, MERKLE_HASH_BYTES, verifyInclusion } from '../core/merkle.ts'
import type { TaiNs } from '../core/time.ts'

/** A decision with its path in the log to the log root of a certificate: which block, and for which epoch. */
export interface LogLeaf {
  /** Its height − 1. */
  readonly index: number
  readonly decision: Decision
  /** RFC 9162 2.1.3.1 inclusion path, bottom up. */
  readonly path: readonly Uint8Array[]
}

/** Of each record the block that it names, and the one before it; a member may have two records. */
const LEAVES_MAX = 4 * MEMBERS_MAX
const PATH_MAX = 64

export const leavesCodec: Codec<readonly LogLeaf[]> = refinedCodec(
  listCodec(
    recordCodec<LogLeaf>({
      index: uintCodec(),
      decision: decisionCodec,
      path: listCodec(bytesCodec(MERKLE_HASH_BYTES), PATH_MAX),
    }),
    LEAVES_MAX,
  ),
  (leaves) =>
    leaves.every(({ index }, at) => at === 0 || (leaves[at - 1]?.index ?? index) < index)
      ? undefined
      : 'leaves in ascending order of index, each once',
)

/** Whether every leaf is in the log that the certified block commits to. Fault: `bundle.leaf`. */
export function checkLeaves(leaves: readonly LogLeaf[], { state, logRoot }: Block): Result<void> {
  const { size } = state.log
  const strange = leaves.find(
    ({ index, decision, path }) =>
      !verifyInclusion(leafHash(encode(decisionCodec, decision)), index, size, path, logRoot),
  )
  return strange === undefined
    ? ok(undefined)
    : fail('bundle.leaf', `bundle: the path of leaf ${strange.index} does not lead to the log root of ${size} leaves`)
}

/** The leaves that date what names a certificate. */
export function leavesOf({ height }: NamedCertificate): readonly number[] {
  return [height - 2, height - 1]
}

/**
 * The certificates that checked leaves prove, and the certified block itself. Epochs of another era count from another
 * instant: what names a block of one is not dated.
 */
export function certificatesOf(
  leaves: readonly LogLeaf[],
  anchor: { readonly block: Block; readonly blockHash: Uint8Array },
  membership: Membership,
): Certificates {
  const at = new Map(leaves.map(({ index, decision }) => [index, decision]))
  const { block, blockHash } = anchor
  const decisionAt = (height: number): Pick<Decision, 'era' | 'epoch' | 'blockHash'> | undefined =>
    height === block.height ? { era: block.era, epoch: block.epoch, blockHash } : at.get(height - 1)
  return {
    now: epochMarkTai(membership, block.epoch),
    knowableSince: ({ height, hash }): TaiNs | undefined => {
      const known = decisionAt(height)
      if (known === undefined || !equalBytes(known.blockHash, hash)) return undefined
      const dating = height === 1 ? known : at.get(height - 2)
      if (dating?.era !== membership.era) return undefined
      return height === 1 ? markBeforeFirst(membership, dating.epoch) : epochMarkTai(membership, dating.epoch)
    },
  }
}
