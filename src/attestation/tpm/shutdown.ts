import type { Result } from '../../core/fault.ts'
import { u16 } from '../tpm-writer.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_SHUTDOWN = 0x0000_0145
const TPM_SU_CLEAR = 0x0000

/** TPM2_Shutdown(CLEAR): for a TPM without a kernel that does it. After a start that follows, its clock is safe at once. */
export function shutDown(tpm: Tpm): Promise<Result<void>> {
  const command = {
    name: 'TPM2_Shutdown',
    code: TPM_CC_SHUTDOWN,
    handles: [],
    authorizations: [],
    parameters: u16(TPM_SU_CLEAR),
  }
  return ask(tpm, command, () => undefined)
}
