import { encodeSelections, type PcrSelection, type PcrValues, pcrDigest } from './pcr-selection.ts'
import type { Digest, HashAlgorithm } from './tpm-algorithm.ts'
import { u32 } from './tpm-writer.ts'

const TPM_CC_POLICY_PCR = 0x0000_017f

/**
 * The policy digest, by `hash`, of TPM2_PolicyPCR alone (part 3, 23.7): what is sealed under it opens while the registers
 * hold these values and never otherwise. Undefined when a value is missing.
 */
export function pcrPolicy(
  digest: Digest,
  hash: HashAlgorithm,
  selection: PcrSelection,
  values: PcrValues,
): Uint8Array | undefined {
  const registers = pcrDigest(digest, hash, selection, values)
  if (registers === undefined) return undefined
  const before = new Uint8Array(hash.bytes)
  return digest(hash.name, before, u32(TPM_CC_POLICY_PCR), encodeSelections([selection]), registers)
}
