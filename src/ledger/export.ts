import { blockCodec } from '../consensus/block.ts'
import { certificateCodec } from '../consensus/certificate.ts'
import { type Membership, membershipCodec } from '../consensus/membership.ts'
import { proofBundleCodec } from '../consensus/proof.ts'
import { decode, encode } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { inclusionPath } from '../core/merkle.ts'
import type { DecisionLog, StoredDecision } from './decision-log.ts'

/** The certificate file of an epoch, or of the newest certified one. Fault: none is kept for it. */
export function exportCertificate(log: DecisionLog, epoch: number | undefined): Result<Uint8Array> {
  const decision = epoch === undefined ? log.newestCertified() : log.byEpoch(epoch)
  if (decision === undefined) return notDecided(epoch)
  if (decision.certificate === undefined) {
    return fail(
      'export.no-signatures',
      `epoch ${decision.epoch}: expected its signatures, which are not kept here; export a proof bundle (--proof)`,
    )
  }
  const checked = decode(certificateCodec, decision.certificate, `epoch ${decision.epoch}`)
  return checked.ok ? ok(decision.certificate) : checked
}

/**
 * A proof bundle: the decision, its inclusion path, and the first later certificate that is kept. Faults: no such
 * decision, no later certificate yet, a hole in this appliance's log.
 */
export function exportProof(log: DecisionLog, membership: Membership, epoch: number | undefined): Result<Uint8Array> {
  const newest = log.newestCertified()
  const decision = epoch === undefined ? decisionBefore(log, newest) : log.byEpoch(epoch)
  if (decision === undefined) return notDecided(epoch)
  const anchor = log.certifiedFrom(decision.height + 1)
  if (anchor?.certificate === undefined) {
    return fail('export.no-anchor', `epoch ${decision.epoch}: expected a later certificate to lean on, got none yet`)
  }
  const anchorBlock = decode(blockCodec, anchor.block, `epoch ${anchor.epoch}`)
  if (!anchorBlock.ok) return anchorBlock
  const leaves = log.leafHashes(anchorBlock.value.state.log.size)
  if (!leaves.ok) return leaves
  const leafIndex = decision.height - 1
  return ok(
    encode(proofBundleCodec, {
      format: 'quorumtime-proof-1',
      block: decision.block,
      leafIndex,
      path: inclusionPath(leaves.value, leafIndex),
      certificate: anchor.certificate,
      memberships: [encode(membershipCodec, membership)],
    }),
  )
}

function decisionBefore(log: DecisionLog, newest: StoredDecision | undefined): StoredDecision | undefined {
  return newest === undefined ? undefined : log.byHeight(newest.height - 1)
}

function notDecided(epoch: number | undefined): Result<never> {
  return fail(
    'export.not-decided',
    epoch === undefined
      ? 'the log: expected a certified decision, got none'
      : `epoch ${epoch}: expected a decision in this log, got none`,
  )
}
