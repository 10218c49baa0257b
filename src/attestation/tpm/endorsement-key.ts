import { ok, type Result } from '../../core/fault.ts'
import type { TpmPublic } from '../tpm-public.ts'
import { ENDORSEMENT_ECC_P384, ENDORSEMENT_RSA_2048 } from '../tpm-template.ts'
import { TPM_RH_ENDORSEMENT, withHandle } from './handles.ts'
import { NV_ENDORSEMENT_ECC_P384, NV_ENDORSEMENT_RSA_2048 } from './nv.ts'
import { createPrimary, evictControl, type ReadPublic, readPublic } from './objects.ts'
import type { Tpm } from './tpm.ts'

/** An endorsement key that makers certify: how it is made, and where it and its certificate are kept. */
export interface EndorsementKind {
  readonly name: 'ecc' | 'rsa'
  readonly template: TpmPublic
  readonly certificateIndex: number
  /** Persistent handles by convention (TCG TPM v2.0 Provisioning Guidance). */
  readonly handle: number
}

/** The stronger one first. */
export const ENDORSEMENT_KINDS: readonly EndorsementKind[] = [
  { name: 'ecc', template: ENDORSEMENT_ECC_P384, certificateIndex: NV_ENDORSEMENT_ECC_P384, handle: 0x8101_0016 },
  { name: 'rsa', template: ENDORSEMENT_RSA_2048, certificateIndex: NV_ENDORSEMENT_RSA_2048, handle: 0x8101_0001 },
]

/** Makes the endorsement key of its template, always the same one, and keeps it under its persistent handle. */
export async function keepEndorsementKey(tpm: Tpm, { template, handle }: EndorsementKind): Promise<Result<ReadPublic>> {
  const kept = await withHandle(tpm, createPrimary(tpm, TPM_RH_ENDORSEMENT, template), async (primary) => {
    const evicted = await evictControl(tpm, primary, handle)
    return evicted.ok ? ok(undefined) : evicted
  })
  return kept.ok ? readPublic(tpm, handle) : kept
}
