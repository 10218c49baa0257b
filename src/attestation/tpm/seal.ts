import { fail, type Result } from '../../core/fault.ts'
import { pcrPolicy } from '../pcr-policy.ts'
import type { PcrSelection } from '../pcr-selection.ts'
import { type Digest, type HashAlgorithm, hashOf, SHA256, SHA384 } from '../tpm-algorithm.ts'
import { NO_PASSWORD } from '../tpm-command.ts'
import { decodePublic, type TpmPublic } from '../tpm-public.ts'
import { STORAGE_P256, STORAGE_P384, sealedTemplate } from '../tpm-template.ts'
import { TPM_RH_OWNER, withHandle } from './handles.ts'
import { createObject, createPrimary, loadObject, unseal, type WrappedObject } from './objects.ts'
import { underRegisters } from './policy-session.ts'
import { readRegisters } from './registers.ts'
import type { Tpm } from './tpm.ts'

/** TPM2_Create takes no more sealed data from any TPM (MAX_SYM_DATA, part 2, 11.1.14). */
const SEALED_BYTES_MAX = 128

/** Seals `data` under the values that the registers have now, below the strongest storage key that the chip makes. */
export async function sealUnderRegisters(
  tpm: Tpm,
  data: Uint8Array,
  selection: PcrSelection,
  digest: Digest,
): Promise<Result<WrappedObject>> {
  if (data.length === 0 || data.length > SEALED_BYTES_MAX) {
    return fail('tpm.sealed-length', `sealed data: expected 1 to ${SEALED_BYTES_MAX} bytes, got ${data.length}`)
  }
  const values = await readRegisters(tpm, selection)
  if (!values.ok) return values
  const sealUnder = (parent: TpmPublic, hash: HashAlgorithm): Promise<Result<WrappedObject>> => {
    const policy = pcrPolicy(digest, hash, selection, values.value)
    if (policy === undefined) {
      const message = `sealed data: expected values of ${selection.hash.name}:${selection.pcrs.join(',')}, got others`
      return Promise.resolve(fail('tpm.registers', message))
    }
    return withHandle(tpm, createPrimary(tpm, TPM_RH_OWNER, parent), (handle) =>
      createObject(tpm, { handle, authorization: NO_PASSWORD }, sealedTemplate(hash, policy), data),
    )
  }
  const strong = await sealUnder(STORAGE_P384, SHA384)
  return strong.ok || strong.fault.code !== 'tpm.unsupported' ? strong : sealUnder(STORAGE_P256, SHA256)
}

/**
 * What was sealed, if the registers hold the values of then; else `tpm.refused` (TPM_RC_POLICY_FAIL). The parent is the one
 * whose hash the sealed object is named by.
 */
export async function unsealUnderRegisters(
  tpm: Tpm,
  sealed: WrappedObject,
  selection: PcrSelection,
): Promise<Result<Uint8Array>> {
  const area = decodePublic(sealed.publicArea, 'sealed object')
  if (!area.ok) return area
  const parent = [STORAGE_P384, STORAGE_P256].find(({ nameHashId }) => nameHashId === area.value.nameHashId)
  const hash = hashOf(area.value.nameHashId)
  if (parent === undefined || hash === undefined) {
    const came = `0x${area.value.nameHashId.toString(16)}`
    return fail('tpm.name-hash', `sealed object: expected a nameAlg of SHA-256 or SHA-384, got ${came}`)
  }
  // The primary key is flushed before the object is used: a TPM has three slots, and others may want one.
  const loading = withHandle(tpm, createPrimary(tpm, TPM_RH_OWNER, parent), (handle) =>
    loadObject(tpm, { handle, authorization: NO_PASSWORD }, sealed),
  )
  return withHandle(tpm, loading, (handle) =>
    underRegisters(tpm, hash, selection, (authorization) => unseal(tpm, handle, authorization)),
  )
}
