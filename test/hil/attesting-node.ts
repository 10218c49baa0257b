import { extraDataOf } from '../../src/attestation/binding.ts'
import type { PcrSelection } from '../../src/attestation/pcr-selection.ts'
import type { QuoteCrypto, QuoteEvidence, QuoteExpectation } from '../../src/attestation/quote-check.ts'
import { createAttestationKey } from '../../src/attestation/tpm/attestation-key.ts'
import type { ReadPublic } from '../../src/attestation/tpm/objects.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { quoteWithValues } from '../../src/attestation/tpm/quote.ts'
import { verifySignature } from '../../src/attestation/tpm/verify-signature.ts'
import { SHA256 } from '../../src/attestation/tpm-algorithm.ts'
import type { TpmPublic } from '../../src/attestation/tpm-public.ts'
import { ATTESTATION_ECDSA_P256 } from '../../src/attestation/tpm-template.ts'
import { unwrap } from '../support/results.ts'
import type { Swtpm } from './swtpm.ts'

/** Where swtpm_setup leaves the endorsement keys. */
export const ENDORSEMENT_RSA = 0x8101_0001
export const ENDORSEMENT_ECC = 0x8101_0016

export const MEANS: QuoteCrypto = { digest: platformDigest, verify: verifySignature }
export const BOOT: PcrSelection = { hash: SHA256, pcrs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14] }
const FIRMWARE = 0x2019_1023_0016_3636n

/** The registers of the policy and no log, unless a node shows others. */
interface Shown {
  readonly selection?: PcrSelection
  readonly eventLog?: Uint8Array
}

/** An attestation key in a software TPM, with what a verifier knows of it. */
export interface AttestingNode {
  readonly handle: number
  readonly key: ReadPublic
  /** What the node shows for a certificate of this number. */
  show(certificate: number, other?: Shown): Promise<QuoteEvidence>
  /** What is expected of it for a certificate of this number. */
  expect(certificate: number, changes?: Partial<QuoteExpectation>): QuoteExpectation
}

let nextHandle = 0x8101_0100

export async function enrolNode(
  swtpm: Swtpm,
  endorsement = ENDORSEMENT_ECC,
  template: TpmPublic = ATTESTATION_ECDSA_P256,
): Promise<AttestingNode> {
  const handle = nextHandle++
  const key = unwrap(await createAttestationKey(swtpm.tpm, endorsement, template, handle))
  return {
    handle,
    key,
    show: async (certificate, { selection = BOOT, eventLog } = {}) => ({
      ...unwrap(await quoteWithValues(swtpm.tpm, handle, bindingOf(certificate), selection, platformDigest)),
      eventLog,
    }),
    expect: (certificate, changes = {}) => ({
      extraData: bindingOf(certificate),
      key,
      // A software TPM that was ended without a word has a clock that is not safe for seconds.
      policy: { selection: BOOT, loggedPcrs: [], firmwareVersions: [FIRMWARE], unsafeClock: 'accept' },
      former: undefined,
      ...changes,
    }),
  }
}

export function bindingOf(certificate: number): Uint8Array {
  return extraDataOf({
    cluster: 'bench',
    keyHash: new Uint8Array(48).fill(1),
    certificateHash: new Uint8Array(48).fill(certificate),
    statementDigest: undefined,
    challenge: new Uint8Array(),
  })
}
