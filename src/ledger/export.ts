import { blockCodec } from '../consensus/block.ts'
import { certificateCodec } from '../consensus/certificate.ts'
import { chainedCertificateCodec } from '../consensus/chained-certificate.ts'
import { membershipCodec } from '../consensus/membership.ts'
import { proofBundleCodec } from '../consensus/proof.ts'
import type { SessionChain } from '../consensus/session-chain.ts'
import { assert } from '../core/assert.ts'
import { decode, encode } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { inclusionPath } from '../core/merkle.ts'
import type { DecisionReader, StoredDecision } from './decision-log.ts'

/**
 * The certificate file of an epoch, or of the newest certified one; in a later session together with the steps that lead
 * there from the genesis. Faults: `export.not-decided`,
 * `export.no-signatures` (none are kept for it), those of the ledger.
 */
export function exportCertificate(
  log: DecisionReader,
  chain: SessionChain,
  epoch: number | undefined,
): Result<Uint8Array> {
  const decision = epoch === undefined ? log.newestCertified() : log.byEpoch(epoch)
  if (!decision.ok) return decision
  if (decision.value === undefined) return notDecided(epoch)
  const { certificate } = decision.value
  if (certificate === undefined) {
    return fail(
      'export.no-signatures',
      `epoch ${decision.value.epoch}: expected its signatures, which are not kept here; export a proof bundle (--proof)`,
    )
  }
  const checked = decode(certificateCodec, certificate, `epoch ${decision.value.epoch}`)
  if (!checked.ok) return checked
  const steps = stepsTo(chain, decision.value.height)
  if (steps.length === 0) return ok(certificate)
  return ok(encode(chainedCertificateCodec, { format: 'quorumtime-chained-1', steps, certificate }))
}

/** The steps from the genesis to the session in which this height was decided. */
export function stepsTo({ sessions, steps }: SessionChain, height: number): readonly Uint8Array[] {
  return steps.filter((_, index) => (sessions[index + 1]?.root.height ?? height) < height)
}

/**
 * A proof bundle: the decision, its inclusion path, and the first later certificate that is kept; without an epoch, of
 * the newest decision that has one. Faults: `export.not-decided`, `export.no-anchor` (no later certificate yet),
 * `log.incomplete` (a hole in this appliance's log), those of the ledger.
 */
export function exportProof(log: DecisionReader, chain: SessionChain, epoch: number | undefined): Result<Uint8Array> {
  const genesis = chain.sessions[0]?.membership
  assert(genesis !== undefined, 'a chain of sessions begins with the genesis')
  const found = epoch === undefined ? beforeNewest(log) : log.byEpoch(epoch)
  if (!found.ok) return found
  const decision = found.value
  if (decision === undefined) return notDecided(epoch)
  const later = log.certifiedFrom(decision.height + 1)
  if (!later.ok) return later
  const anchor = later.value
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
      genesis: encode(membershipCodec, genesis),
      steps: stepsTo(chain, anchor.height),
    }),
  )
}

/** The decision before the newest certified one; that very one when it is the first of all. */
function beforeNewest(log: DecisionReader): Result<StoredDecision | undefined> {
  const newest = log.newestCertified()
  if (!newest.ok || newest.value === undefined || newest.value.height === 1) return newest
  return log.byHeight(newest.value.height - 1)
}

function notDecided(epoch: number | undefined): Result<never> {
  return fail(
    'export.not-decided',
    epoch === undefined
      ? 'the log: expected a certified decision, got none'
      : `epoch ${epoch}: expected a decision in this log, got none`,
  )
}
