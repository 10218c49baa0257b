import { concatBytes } from '../../core/bytes.ts'
import type { Result } from '../../core/fault.ts'
import { DIGEST_BYTES_MAX } from '../tpm-algorithm.ts'
import { NO_PASSWORD } from '../tpm-command.ts'
import { decodePublic } from '../tpm-public.ts'
import { sized } from '../tpm-writer.ts'
import type { Credential } from './make-credential.ts'
import { readPublic } from './objects.ts'
import { underEndorsement } from './policy-session.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_ACTIVATE_CREDENTIAL = 0x0000_0147

/**
 * TPM2_ActivateCredential: the secret that an authority has made for this attestation key and this endorsement key. A TPM that
 * does not hold both says `tpm.refused`.
 */
export async function activateCredential(
  tpm: Tpm,
  attestationHandle: number,
  endorsementHandle: number,
  { idObject, encryptedSecret }: Credential,
): Promise<Result<Uint8Array>> {
  const read = await readPublic(tpm, endorsementHandle)
  if (!read.ok) return read
  const endorsement = decodePublic(read.value.publicArea, 'endorsement key')
  if (!endorsement.ok) return endorsement
  return underEndorsement(tpm, endorsement.value, (authorization) => {
    const command = {
      name: 'TPM2_ActivateCredential',
      code: TPM_CC_ACTIVATE_CREDENTIAL,
      handles: [attestationHandle, endorsementHandle],
      authorizations: [NO_PASSWORD, authorization],
      parameters: concatBytes(sized(idObject), sized(encryptedSecret)),
    }
    return ask(tpm, command, (from) => from.sized(DIGEST_BYTES_MAX).slice())
  })
}
