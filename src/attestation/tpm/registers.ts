import { concatBytes } from '../../core/bytes.ts'
import { ok, type Result } from '../../core/fault.ts'
import { encodeSelections, type PcrSelection, type PcrValues, readSelections } from '../pcr-selection.ts'
import type { HashAlgorithm } from '../tpm-algorithm.ts'
import { NO_PASSWORD } from '../tpm-command.ts'
import { u16, u32 } from '../tpm-writer.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_PCR_RESET = 0x0000_013d
const TPM_CC_PCR_READ = 0x0000_017e
const TPM_CC_PCR_EXTEND = 0x0000_0182
/** A response has room for so many digests (TPML_DIGEST, part 2, 10.9.5). */
const DIGESTS_MAX = 8

/** TPM2_PCR_Read, as often as it takes. What changes meanwhile is noticed by the quote, whose digest is of one instant. */
export async function readRegisters(tpm: Tpm, { hash, pcrs }: PcrSelection): Promise<Result<PcrValues>> {
  const values = new Map<number, Uint8Array>()
  for (let at = 0; at < pcrs.length; at += DIGESTS_MAX) {
    const asked = pcrs.slice(at, at + DIGESTS_MAX)
    const digests = await readSome(tpm, { hash, pcrs: asked })
    if (!digests.ok) return digests
    for (const [index, pcr] of asked.entries()) values.set(pcr, digests.value[index] ?? new Uint8Array())
  }
  return ok(values)
}

function readSome(tpm: Tpm, selection: PcrSelection): Promise<Result<readonly Uint8Array[]>> {
  const command = {
    name: 'TPM2_PCR_Read',
    code: TPM_CC_PCR_READ,
    handles: [],
    authorizations: [],
    parameters: encodeSelections([selection]),
  }
  return ask(tpm, command, (from) => {
    from.u32()
    readSelections(from)
    const count = from.u32()
    // A bank that the chip does not have is answered by nothing.
    if (count !== selection.pcrs.length)
      from.refuse(`${selection.pcrs.length} values of ${selection.hash.name}`, `${count}`)
    return selection.pcrs.map(() => {
      const digest = from.sized(selection.hash.bytes)
      if (digest.length !== selection.hash.bytes) from.refuse(`${selection.hash.bytes} bytes`, `${digest.length}`)
      return digest.slice()
    })
  })
}

/** TPM2_PCR_Extend of one bank: the register becomes the hash of what it is and `digest`. */
export function extendRegister(tpm: Tpm, pcr: number, hash: HashAlgorithm, digest: Uint8Array): Promise<Result<void>> {
  const command = {
    name: 'TPM2_PCR_Extend',
    code: TPM_CC_PCR_EXTEND,
    handles: [pcr],
    authorizations: [NO_PASSWORD],
    parameters: concatBytes(u32(1), u16(hash.id), digest),
  }
  return ask(tpm, command, () => undefined)
}

/** TPM2_PCR_Reset: software may do that to 16 and 23, which are therefore evidence of nothing. */
export function resetRegister(tpm: Tpm, pcr: number): Promise<Result<void>> {
  const command = {
    name: 'TPM2_PCR_Reset',
    code: TPM_CC_PCR_RESET,
    handles: [pcr],
    authorizations: [NO_PASSWORD],
    parameters: new Uint8Array(),
  }
  return ask(tpm, command, () => undefined)
}
