import type { Result } from '../../core/fault.ts'
import { u16 } from '../tpm-writer.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_GET_RANDOM = 0x0000_017b
/** As many as its longest digest are what every TPM gives at once. */
const BYTES_MAX = 64

/** TPM2_GetRandom: up to `length` bytes, at most 64; a TPM may give fewer. */
export function getRandom(tpm: Tpm, length: number): Promise<Result<Uint8Array>> {
  const command = {
    name: 'TPM2_GetRandom',
    code: TPM_CC_GET_RANDOM,
    handles: [],
    authorizations: [],
    parameters: u16(length),
  }
  return ask(tpm, command, (from) => from.sized(BYTES_MAX).slice())
}
