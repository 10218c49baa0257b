import { concatBytes } from '../core/bytes.ts'
import { fail, type Result } from '../core/fault.ts'
import { encodeSelections, type PcrSelection, readSelections } from './pcr-selection.ts'
import { DIGEST_BYTES_MAX } from './tpm-algorithm.ts'
import { TpmReader } from './tpm-reader.ts'
import { sized, u8, u16, u32, u64 } from './tpm-writer.ts'

/** TPM_GENERATED_VALUE: a restricted key signs nothing from outside that begins with it (part 2, 6.2). */
const TPM_GENERATED_VALUE = 0xff54_4347
const TPM_ST_ATTEST_QUOTE = 0x8018

/** u16 algorithm and the longest digest. */
export const NAME_BYTES_MAX = 2 + DIGEST_BYTES_MAX
/** TPM2B_DATA has room for a TPMT_HA (part 2, 10.4.3); a chip with SHA-256 alone takes no more than 34 bytes. */
const EXTRA_DATA_BYTES_MAX = 2 + DIGEST_BYTES_MAX

/** TPMS_CLOCK_INFO (part 2, 10.11.1), 17 bytes. */
export interface TpmClockInfo {
  /** Milliseconds for which the TPM has had power since it was last cleared. */
  readonly clockMs: bigint
  /** TPM resets, that is starts of the machine, since it was last cleared. */
  readonly resetCount: number
  /** Resumes and hibernations since the last reset. */
  readonly restartCount: number
  /** No value of `clockMs` greater than this one was told before. Not so after power was lost, for up to 70 minutes. */
  readonly safe: boolean
}

/** TPMS_ATTEST (part 2, 10.12.12) of TPM2_Quote. */
export interface TpmQuote {
  /** The qualified name of the key that signed. */
  readonly qualifiedSigner: Uint8Array
  /** What whoever asked for the quote wanted bound. */
  readonly extraData: Uint8Array
  readonly clock: TpmClockInfo
  /** In the vendor's own form. */
  readonly firmwareVersion: bigint
  readonly selections: readonly PcrSelection[]
  readonly pcrDigest: Uint8Array
}

export function encodeQuote(quote: TpmQuote): Uint8Array {
  return concatBytes(
    u32(TPM_GENERATED_VALUE),
    u16(TPM_ST_ATTEST_QUOTE),
    sized(quote.qualifiedSigner),
    sized(quote.extraData),
    encodeClockInfo(quote.clock),
    u64(quote.firmwareVersion),
    encodeSelections(quote.selections),
    sized(quote.pcrDigest),
  )
}

/**
 * To its last byte. Faults: `quote.magic` when no TPM made it, `quote.type` when it attests to something else than registers,
 * `tpm.encoding`.
 */
export function decodeQuote(bytes: Uint8Array): Result<TpmQuote> {
  const from = new TpmReader(bytes, 'quote')
  const magic = from.u32()
  const type = from.u16()
  if (from.intact && magic !== TPM_GENERATED_VALUE) {
    return fail(
      'quote.magic',
      `quote: expected 0x${TPM_GENERATED_VALUE.toString(16)} first, got 0x${magic.toString(16)}`,
    )
  }
  if (from.intact && type !== TPM_ST_ATTEST_QUOTE) {
    return fail('quote.type', `quote: expected type 0x${TPM_ST_ATTEST_QUOTE.toString(16)}, got 0x${type.toString(16)}`)
  }
  const qualifiedSigner = from.sized(NAME_BYTES_MAX)
  const extraData = from.sized(EXTRA_DATA_BYTES_MAX)
  const clock = readClockInfo(from)
  const firmwareVersion = from.u64()
  const selections = readSelections(from)
  const pcrDigest = from.sized(DIGEST_BYTES_MAX)
  return from.end({ qualifiedSigner, extraData, clock, firmwareVersion, selections, pcrDigest })
}

function encodeClockInfo({ clockMs, resetCount, restartCount, safe }: TpmClockInfo): Uint8Array {
  return concatBytes(u64(clockMs), u32(resetCount), u32(restartCount), u8(safe ? 1 : 0))
}

export function readClockInfo(from: TpmReader): TpmClockInfo {
  const clockMs = from.u64()
  const resetCount = from.u32()
  const restartCount = from.u32()
  const safe = from.u8()
  // TPMI_YES_NO: a TPM writes nothing else (part 2, 9.2).
  if (safe > 1) from.refuse('a safe flag of 0 or 1', `${safe}`)
  return { clockMs, resetCount, restartCount, safe: safe === 1 }
}
