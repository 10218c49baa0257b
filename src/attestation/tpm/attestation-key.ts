import type { Result } from '../../core/fault.ts'
import { decodePublic, type TpmPublic } from '../tpm-public.ts'
import { withHandle } from './handles.ts'
import { createObject, evictControl, loadObject, type ReadPublic, readPublic } from './objects.ts'
import { underEndorsement } from './policy-session.ts'
import type { Tpm } from './tpm.ts'

/**
 * Makes an attestation key under a persistent endorsement key and keeps it in the TPM under `persistentHandle`: its qualified
 * name then says to everybody under which endorsement key it lives. Each step of an endorsement key's policy is good for one command.
 */
export async function createAttestationKey(
  tpm: Tpm,
  endorsementHandle: number,
  template: TpmPublic,
  persistentHandle: number,
): Promise<Result<ReadPublic>> {
  const read = await readPublic(tpm, endorsementHandle)
  if (!read.ok) return read
  const endorsement = decodePublic(read.value.publicArea, 'endorsement key')
  if (!endorsement.ok) return endorsement
  const under = <T>(use: (parent: Parameters<typeof createObject>[1]) => Promise<Result<T>>): Promise<Result<T>> =>
    underEndorsement(tpm, endorsement.value, (authorization) => use({ handle: endorsementHandle, authorization }))
  const made = await under((parent) => createObject(tpm, parent, template))
  if (!made.ok) return made
  const loading = under((parent) => loadObject(tpm, parent, made.value))
  const kept = await withHandle(tpm, loading, (handle) => evictControl(tpm, handle, persistentHandle))
  return kept.ok ? readPublic(tpm, persistentHandle) : kept
}
