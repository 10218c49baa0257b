import { concatBytes } from '../../core/bytes.ts'
import type { Result } from '../../core/fault.ts'
import { NAME_BYTES_MAX } from '../tpm-attest.ts'
import { type Authorization, NO_PASSWORD } from '../tpm-command.ts'
import { encodePublic, type TpmPublic } from '../tpm-public.ts'
import type { TpmReader } from '../tpm-reader.ts'
import { EMPTY, sized, u32 } from '../tpm-writer.ts'
import { TPM_RH_OWNER } from './handles.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_EVICT_CONTROL = 0x0000_0120
const TPM_CC_CREATE_PRIMARY = 0x0000_0131
const TPM_CC_CREATE = 0x0000_0153
const TPM_CC_LOAD = 0x0000_0157
const TPM_CC_UNSEAL = 0x0000_015e
const TPM_CC_READ_PUBLIC = 0x0000_0173

/** Of a public area, a private area, and what was sealed. */
const AREA_BYTES_MAX = 2048
const DIGEST_BYTES_MAX = 64

export interface ReadPublic {
  /** TPMT_PUBLIC. */
  readonly publicArea: Uint8Array
  readonly name: Uint8Array
  readonly qualifiedName: Uint8Array
}

/** TPM2_ReadPublic. */
export function readPublic(tpm: Tpm, handle: number): Promise<Result<ReadPublic>> {
  const command = {
    name: 'TPM2_ReadPublic',
    code: TPM_CC_READ_PUBLIC,
    handles: [handle],
    authorizations: [],
    parameters: new Uint8Array(),
  }
  return ask(tpm, command, (from) => {
    const publicArea = from.sized(AREA_BYTES_MAX)
    const name = from.sized(NAME_BYTES_MAX)
    return { publicArea, name, qualifiedName: from.sized(NAME_BYTES_MAX) }
  })
}

/** TPM2_CreatePrimary: the same template gives the same key until the hierarchy's seed is changed. A handle to be flushed. */
export function createPrimary(tpm: Tpm, hierarchy: number, template: TpmPublic): Promise<Result<number>> {
  const command = {
    name: 'TPM2_CreatePrimary',
    code: TPM_CC_CREATE_PRIMARY,
    handles: [hierarchy],
    authorizations: [NO_PASSWORD],
    parameters: creation(template, new Uint8Array()),
  }
  const read = (from: TpmReader, [handle = 0]: readonly number[]): number => {
    from.sized(AREA_BYTES_MAX)
    skipCreation(from)
    from.sized(NAME_BYTES_MAX)
    return handle
  }
  return ask(tpm, command, read, 1)
}

/** An object as it may be kept outside: its private area opens in the TPM that made it, under the same parent. */
export interface WrappedObject {
  /** TPM2B_PRIVATE without its length. */
  readonly privateArea: Uint8Array
  /** TPMT_PUBLIC. */
  readonly publicArea: Uint8Array
}

/** TPM2_Create. `data` is what is sealed; a key has none. */
export function createObject(
  tpm: Tpm,
  parent: { readonly handle: number; readonly authorization: Authorization },
  template: TpmPublic,
  data: Uint8Array = new Uint8Array(),
): Promise<Result<WrappedObject>> {
  const command = {
    name: 'TPM2_Create',
    code: TPM_CC_CREATE,
    handles: [parent.handle],
    authorizations: [parent.authorization],
    parameters: creation(template, data),
  }
  return ask(tpm, command, (from) => {
    const privateArea = from.sized(AREA_BYTES_MAX)
    const publicArea = from.sized(AREA_BYTES_MAX)
    skipCreation(from)
    return { privateArea, publicArea }
  })
}

/** TPM2_Load. A handle to be flushed. */
export function loadObject(
  tpm: Tpm,
  parent: { readonly handle: number; readonly authorization: Authorization },
  { privateArea, publicArea }: WrappedObject,
): Promise<Result<number>> {
  const command = {
    name: 'TPM2_Load',
    code: TPM_CC_LOAD,
    handles: [parent.handle],
    authorizations: [parent.authorization],
    parameters: concatBytes(sized(privateArea), sized(publicArea)),
  }
  const read = (from: TpmReader, [handle = 0]: readonly number[]): number => {
    from.sized(NAME_BYTES_MAX)
    return handle
  }
  return ask(tpm, command, read, 1)
}

/** TPM2_EvictControl: makes a loaded object persistent under a handle of 0x81000000 and up, or evicts the one that is. */
export function evictControl(tpm: Tpm, handle: number, persistentHandle: number): Promise<Result<void>> {
  const command = {
    name: 'TPM2_EvictControl',
    code: TPM_CC_EVICT_CONTROL,
    handles: [TPM_RH_OWNER, handle],
    authorizations: [NO_PASSWORD],
    parameters: u32(persistentHandle),
  }
  return ask(tpm, command, () => undefined)
}

/** TPM2_Unseal. What comes back goes over the wire to the chip in the clear: sessions here are not encrypted. */
export function unseal(tpm: Tpm, handle: number, authorization: Authorization): Promise<Result<Uint8Array>> {
  const command = {
    name: 'TPM2_Unseal',
    code: TPM_CC_UNSEAL,
    handles: [handle],
    authorizations: [authorization],
    parameters: new Uint8Array(),
  }
  return ask(tpm, command, (from) => {
    const secret = from.sized(AREA_BYTES_MAX)
    const data = secret.slice()
    secret.fill(0)
    return data
  })
}

/** TPM2B_SENSITIVE_CREATE without a password, TPM2B_PUBLIC, no outside info, no registers of the creation. */
function creation(template: TpmPublic, data: Uint8Array): Uint8Array {
  return concatBytes(sized(EMPTY, sized(data)), sized(encodePublic(template)), EMPTY, u32(0))
}

/** TPM2B_CREATION_DATA, its digest, and its ticket {u16 tag, u32 hierarchy, digest}: nothing here asks for them. */
function skipCreation(from: TpmReader): void {
  from.sized(AREA_BYTES_MAX)
  from.sized(DIGEST_BYTES_MAX)
  from.u16()
  from.u32()
  from.sized(DIGEST_BYTES_MAX)
}
