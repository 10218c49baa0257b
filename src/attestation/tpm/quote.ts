import { concatBytes, equalBytes } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { encodeSelections, type PcrSelection, type PcrValues, pcrDigest } from '../pcr-selection.ts'
import { type Digest, hashOf, TPM_ALG_NULL } from '../tpm-algorithm.ts'
import { decodeQuote, readClockInfo, type TpmClockInfo } from '../tpm-attest.ts'
import { NO_PASSWORD } from '../tpm-command.ts'
import { decodeSignature } from '../tpm-signature.ts'
import { sized, u16 } from '../tpm-writer.ts'
import { readRegisters } from './registers.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_QUOTE = 0x0000_0158
const TPM_CC_READ_CLOCK = 0x0000_0181
const ATTEST_BYTES_MAX = 1024
/** Registers are extended in bursts: at boot, and when something is loaded. */
const ATTEMPTS_MAX = 5

interface SignedQuote {
  /** TPMS_ATTEST. */
  readonly quote: Uint8Array
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array
}

/** TPM2_Quote by the scheme of the key. */
export function quote(
  tpm: Tpm,
  keyHandle: number,
  extraData: Uint8Array,
  selection: PcrSelection,
): Promise<Result<SignedQuote>> {
  const command = {
    name: 'TPM2_Quote',
    code: TPM_CC_QUOTE,
    handles: [keyHandle],
    authorizations: [NO_PASSWORD],
    parameters: concatBytes(sized(extraData), u16(TPM_ALG_NULL), encodeSelections([selection])),
  }
  return ask(tpm, command, (from) => ({ quote: from.sized(ATTEST_BYTES_MAX).slice(), signature: from.rest().slice() }))
}

/** A quote and the values that it is of. Fault, beside those of the commands: `tpm.registers-moving`. */
export async function quoteWithValues(
  tpm: Tpm,
  keyHandle: number,
  extraData: Uint8Array,
  selection: PcrSelection,
  digest: Digest,
): Promise<Result<SignedQuote & { readonly pcrValues: PcrValues }>> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const pcrValues = await readRegisters(tpm, selection)
    if (!pcrValues.ok) return pcrValues
    const signed = await quote(tpm, keyHandle, extraData, selection)
    if (!signed.ok) return signed
    const said = decodeQuote(signed.value.quote)
    if (!said.ok) return said
    const signature = decodeSignature(signed.value.signature)
    if (!signature.ok) return signature
    const hash = hashOf(signature.value.hashId)
    const computed = hash && pcrDigest(digest, hash, selection, pcrValues.value)
    if (computed !== undefined && equalBytes(computed, said.value.pcrDigest)) {
      return ok({ ...signed.value, pcrValues: pcrValues.value })
    }
  }
  return fail(
    'tpm.registers-moving',
    `TPM2_Quote: expected registers that stay for one reading, got others ${ATTEMPTS_MAX} times`,
  )
}

/** TPM2_ReadClock. */
export function readClock(tpm: Tpm): Promise<Result<TpmClockInfo>> {
  const command = {
    name: 'TPM2_ReadClock',
    code: TPM_CC_READ_CLOCK,
    handles: [],
    authorizations: [],
    parameters: new Uint8Array(),
  }
  return ask(tpm, command, (from) => {
    from.u64()
    return readClockInfo(from)
  })
}
