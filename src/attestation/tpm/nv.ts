import { concatBytes } from '../../core/bytes.ts'
import { ok, type Result } from '../../core/fault.ts'
import { DIGEST_BYTES_MAX } from '../tpm-algorithm.ts'
import { NAME_BYTES_MAX } from '../tpm-attest.ts'
import { NO_PASSWORD } from '../tpm-command.ts'
import { TpmReader } from '../tpm-reader.ts'
import { u16 } from '../tpm-writer.ts'
import { TPM_RH_OWNER } from './handles.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_NV_READ = 0x0000_014e
const TPM_CC_NV_READ_PUBLIC = 0x0000_0169
/** TPMA_NV_AUTHREAD (part 2, 13.4): who knows the index's own password may read it; those of certificates are empty. */
const AUTH_READ = 1 << 18
const NV_PUBLIC_BYTES_MAX = 128
/** Every TPM gives that much at once (TPM_PT_NV_BUFFER_MAX is 512 or more). */
const CHUNK_BYTES = 512

/** Certificates of endorsement keys (TCG EK Credential Profile 2.5, 2.2.1.4): RSA-2048, and ECC P-384 of the high range. */
export const NV_ENDORSEMENT_RSA_2048 = 0x01c0_0002
export const NV_ENDORSEMENT_ECC_P384 = 0x01c0_0016

interface NvPublic {
  readonly attributes: number
  readonly size: number
}

/** TPM2_NV_ReadPublic. */
function readNvPublic(tpm: Tpm, index: number): Promise<Result<NvPublic>> {
  const command = {
    name: 'TPM2_NV_ReadPublic',
    code: TPM_CC_NV_READ_PUBLIC,
    handles: [index],
    authorizations: [],
    parameters: new Uint8Array(),
  }
  return ask(tpm, command, (from) => {
    const area = new TpmReader(from.sized(NV_PUBLIC_BYTES_MAX), 'TPM2_NV_ReadPublic')
    from.sized(NAME_BYTES_MAX)
    area.u32()
    area.u16()
    const attributes = area.u32()
    area.sized(DIGEST_BYTES_MAX)
    return { attributes, size: area.u16() }
  })
}

/** TPM2_NV_Read, as often as it takes: the whole of an index. */
export async function readNv(tpm: Tpm, index: number): Promise<Result<Uint8Array>> {
  const area = await readNvPublic(tpm, index)
  if (!area.ok) return area
  const reader = (area.value.attributes & AUTH_READ) === 0 ? TPM_RH_OWNER : index
  const chunks: Uint8Array[] = []
  for (let offset = 0; offset < area.value.size; offset += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, area.value.size - offset)
    const command = {
      name: 'TPM2_NV_Read',
      code: TPM_CC_NV_READ,
      handles: [reader, index],
      authorizations: [NO_PASSWORD],
      parameters: concatBytes(u16(length), u16(offset)),
    }
    const chunk = await ask(tpm, command, (from) => {
      const bytes = from.sized(CHUNK_BYTES)
      if (bytes.length !== length) from.refuse(`${length} bytes`, `${bytes.length}`)
      return bytes
    })
    if (!chunk.ok) return chunk
    chunks.push(chunk.value)
  }
  return ok(concatBytes(...chunks))
}
