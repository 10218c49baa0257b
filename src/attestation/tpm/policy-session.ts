import { concatBytes } from '../../core/bytes.ts'
import { fail, type Result } from '../../core/fault.ts'
import { encodeSelections, type PcrSelection } from '../pcr-selection.ts'
import { DIGEST_BYTES_MAX, type HashAlgorithm, hashOf, TPM_ALG_NULL } from '../tpm-algorithm.ts'
import { type Authorization, NO_PASSWORD } from '../tpm-command.ts'
import { type TpmPublic, USER_WITH_AUTH } from '../tpm-public.ts'
import { EMPTY, sized, u8, u16, u32 } from '../tpm-writer.ts'
import { TPM_RH_ENDORSEMENT, TPM_RH_NULL, withHandle } from './handles.ts'
import { getRandom } from './random.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_POLICY_SECRET = 0x0000_0151
const TPM_CC_START_AUTH_SESSION = 0x0000_0176
const TPM_CC_POLICY_PCR = 0x0000_017f
const TPM_SE_POLICY = 1
const NONCE_BYTES = 16
const TIMEOUT_BYTES_MAX = 8

/**
 * TPM2_StartAuthSession for a policy; neither salted nor bound, so that it has no key and encrypts nothing. A handle to be
 * flushed.
 */
async function startPolicySession(tpm: Tpm, hash: HashAlgorithm): Promise<Result<number>> {
  // Without a key the nonce protects nothing, but a TPM wants one.
  const nonce = await getRandom(tpm, NONCE_BYTES)
  if (!nonce.ok) return nonce
  const command = {
    name: 'TPM2_StartAuthSession',
    code: TPM_CC_START_AUTH_SESSION,
    handles: [TPM_RH_NULL, TPM_RH_NULL],
    authorizations: [],
    parameters: concatBytes(sized(nonce.value), EMPTY, u8(TPM_SE_POLICY), u16(TPM_ALG_NULL), u16(hash.id)),
  }
  return ask(
    tpm,
    command,
    (from, [handle = 0]) => {
      from.sized(DIGEST_BYTES_MAX)
      return handle
    },
    1,
  )
}

/** TPM2_PolicyPCR with the values that the registers have now. */
function policyPcr(tpm: Tpm, session: number, selection: PcrSelection): Promise<Result<void>> {
  const command = {
    name: 'TPM2_PolicyPCR',
    code: TPM_CC_POLICY_PCR,
    handles: [session],
    authorizations: [],
    parameters: concatBytes(EMPTY, encodeSelections([selection])),
  }
  return ask(tpm, command, () => undefined)
}

/** TPM2_PolicySecret with the empty password of a hierarchy. */
function policySecret(tpm: Tpm, session: number, entity: number): Promise<Result<void>> {
  const command = {
    name: 'TPM2_PolicySecret',
    code: TPM_CC_POLICY_SECRET,
    handles: [entity, session],
    authorizations: [NO_PASSWORD],
    parameters: concatBytes(EMPTY, EMPTY, EMPTY, u32(0)),
  }
  return ask(tpm, command, (from) => {
    from.sized(TIMEOUT_BYTES_MAX)
    from.u16()
    from.u32()
    from.sized(DIGEST_BYTES_MAX)
    return undefined
  })
}

/** Uses an authorization that the registers as they are now give; the session is flushed afterwards. */
export function underRegisters<T>(
  tpm: Tpm,
  hash: HashAlgorithm,
  selection: PcrSelection,
  use: (authorization: Authorization) => Promise<Result<T>>,
): Promise<Result<T>> {
  return underPolicy(tpm, hash, (session) => policyPcr(tpm, session, selection), use)
}

/**
 * Uses an authorization for an endorsement key: by its empty password where it takes one (high range templates), else by
 * the policy of the low range, the secret of the endorsement hierarchy. Fault: `tpm.name-hash`.
 */
export function underEndorsement<T>(
  tpm: Tpm,
  key: TpmPublic,
  use: (authorization: Authorization) => Promise<Result<T>>,
): Promise<Result<T>> {
  if ((key.attributes & USER_WITH_AUTH) !== 0) return use(NO_PASSWORD)
  const hash = hashOf(key.nameHashId)
  if (hash === undefined) {
    const message = `endorsement key: expected a nameAlg of SHA-2, got 0x${key.nameHashId.toString(16)}`
    return Promise.resolve(fail('tpm.name-hash', message))
  }
  return underPolicy(tpm, hash, (session) => policySecret(tpm, session, TPM_RH_ENDORSEMENT), use)
}

function underPolicy<T>(
  tpm: Tpm,
  hash: HashAlgorithm,
  satisfy: (session: number) => Promise<Result<void>>,
  use: (authorization: Authorization) => Promise<Result<T>>,
): Promise<Result<T>> {
  return withHandle(tpm, startPolicySession(tpm, hash), async (session) => {
    const satisfied = await satisfy(session)
    return satisfied.ok ? use({ by: 'policy', session }) : satisfied
  })
}
