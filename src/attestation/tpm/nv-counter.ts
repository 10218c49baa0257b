import { concatBytes } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { SHA256 } from '../tpm-algorithm.ts'
import { NO_PASSWORD } from '../tpm-command.ts'
import { EMPTY, sized, u16, u32 } from '../tpm-writer.ts'
import { TPM_RH_OWNER } from './handles.ts'
import { readNv } from './nv.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_NV_DEFINE_SPACE = 0x0000_012a
const TPM_CC_NV_INCREMENT = 0x0000_0134
const COUNTER_BYTES = 8

/**
 * TPMA_NV (part 2, 13.4): who knows the index's own password, which is empty, may increment (AUTHWRITE) and read (AUTHREAD)
 * it; a wrong one locks nothing (NO_DA); and it is a counter (TPM_NT_COUNTER in bits 4 to 7).
 */
const COUNTER_ATTRIBUTES = (1 << 2) | (1 << 4) | (1 << 18) | (1 << 25)

/** Handles of the owner (TCG Registry of Reserved TPM 2.0 Handles and Localities, 2.2.2): as many as 22 bits. */
const OWNER_FIRST = 0x0180_0000
const OWNER_MASK = 0x003f_ffff

/** The index of the counter that belongs to a key, by its hash: a new key has a new one. */
export function counterIndexOf(keyHash: Uint8Array): number {
  return OWNER_FIRST | (new DataView(keyHash.buffer, keyHash.byteOffset).getUint32(0) & OWNER_MASK)
}

/** What a counter says; undefined when there is none. One that was made and never incremented is 0. */
export async function readCounter(tpm: Tpm, index: number): Promise<Result<number | undefined>> {
  const bytes = await readNv(tpm, index)
  if (!bytes.ok) {
    const { message } = bytes.fault
    if (message.includes('TPM_RC_HANDLE')) return ok(undefined)
    return message.includes('TPM_RC_NV_UNINITIALIZED') ? ok(0) : bytes
  }
  if (bytes.value.length !== COUNTER_BYTES) {
    return fail('tpm.counter', `NV index 0x${index.toString(16)}: expected a counter, got ${bytes.value.length} bytes`)
  }
  const { buffer, byteOffset } = bytes.value
  return ok(Number(new DataView(buffer, byteOffset).getBigUint64(0)))
}

/** TPM2_NV_DefineSpace: a counter, which starts with its first increment above all that this TPM ever counted. */
export function defineCounter(tpm: Tpm, index: number): Promise<Result<void>> {
  const area = concatBytes(u32(index), u16(SHA256.id), u32(COUNTER_ATTRIBUTES), EMPTY, u16(COUNTER_BYTES))
  const command = {
    name: 'TPM2_NV_DefineSpace',
    code: TPM_CC_NV_DEFINE_SPACE,
    handles: [TPM_RH_OWNER],
    authorizations: [NO_PASSWORD],
    parameters: concatBytes(EMPTY, sized(area)),
  }
  return ask(tpm, command, () => undefined)
}

/** TPM2_NV_Increment: durable, and never taken back. */
export function incrementCounter(tpm: Tpm, index: number): Promise<Result<void>> {
  const command = {
    name: 'TPM2_NV_Increment',
    code: TPM_CC_NV_INCREMENT,
    handles: [index, index],
    authorizations: [NO_PASSWORD],
    parameters: new Uint8Array(),
  }
  return ask(tpm, command, () => undefined)
}
