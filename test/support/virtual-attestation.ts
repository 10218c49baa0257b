import { DEFAULT_POLICY } from '../../src/attestation/policy.ts'
import type { RecordVerdict } from '../../src/attestation/record-verdict.ts'
import type { ListedProposal } from '../../src/consensus/agreement.ts'
import { type AttestationTerms, PUBLIC_KEY_BYTES } from '../../src/consensus/membership.ts'
import type { RecordJudged } from '../../src/consensus/proposal.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { sha384 } from '../../src/core/hash.ts'
import type { MonoNs } from '../../src/core/time.ts'

/** The attestation of a virtual cluster: records are nothing but their digests, and whoever judges rightly comes to one verdict. */
export interface VirtualAttestation {
  /** How long a record lasts; every start makes a new one too. */
  readonly refreshNs: bigint
  /** By member. */
  readonly verdicts: readonly RecordVerdict[]
}

/** Terms that refuse. What a record is worth is not asked of them here. */
export const TEST_TERMS: AttestationTerms = {
  fleet: 'test',
  authorities: [new Uint8Array(PUBLIC_KEY_BYTES).fill(255)],
  policy: { ...DEFAULT_POLICY, onFailure: 'refuse' },
}

/** The digest of the record that a member shows at an instant, in so manieth a run of its process. */
export function recordAt(member: number, boot: number, { refreshNs }: VirtualAttestation, now: MonoNs): Uint8Array {
  return sha384(utf8(`record ${now / refreshNs} of boot ${boot} of member ${member}`))
}

/** What a member that follows the rules says of the records that it has heard the others name. */
export function rightVerdicts(
  self: number,
  heard: readonly ListedProposal[],
  { verdicts }: VirtualAttestation,
): readonly RecordJudged[] {
  return heard.flatMap(({ member, attestationDigest: digest }) => {
    const verdict = verdicts[member]
    return member === self || digest === undefined || verdict === undefined ? [] : [{ member, digest, verdict }]
  })
}
