import { ok, type Result } from '../../core/fault.ts'
import { u32 } from '../tpm-writer.ts'
import { ask, type Tpm } from './tpm.ts'

/** Handles of hierarchies (part 2, 7.4). */
export const TPM_RH_OWNER = 0x4000_0001
export const TPM_RH_NULL = 0x4000_0007
export const TPM_RH_ENDORSEMENT = 0x4000_000b

const TPM_CC_FLUSH_CONTEXT = 0x0000_0165
const TPM_CC_GET_CAPABILITY = 0x0000_017a
const TPM_CAP_HANDLES = 1
/** Where the handles of loaded HMAC sessions, policy sessions and transient objects begin. */
const VOLATILE_RANGES = [0x0200_0000, 0x0300_0000, 0x8000_0000]
const HANDLES_MAX = 254

/** TPM2_FlushContext: a session or transient object is gone. */
function flushContext(tpm: Tpm, handle: number): Promise<Result<void>> {
  const command = {
    name: 'TPM2_FlushContext',
    code: TPM_CC_FLUSH_CONTEXT,
    handles: [],
    authorizations: [],
    parameters: u32(handle),
  }
  return ask(tpm, command, () => undefined)
}

/**
 * Uses what was loaded and flushes it, whatever came of that: a TPM has room for three objects. A flush that fails is no
 * fault of what was done before; the resource manager flushes when it is closed, and `flushStrays` does elsewhere.
 */
export async function withHandle<T>(
  tpm: Tpm,
  opening: Promise<Result<number>>,
  use: (handle: number) => Promise<Result<T>>,
): Promise<Result<T>> {
  const opened = await opening
  if (!opened.ok) return opened
  try {
    return await use(opened.value)
  } finally {
    await flushContext(tpm, opened.value)
  }
}

/**
 * Flushes everything that is loaded: for a TPM without a resource manager, which nobody else uses, when a command that may
 * have loaded something has been given up. Gives how many there were.
 */
export async function flushStrays(tpm: Tpm): Promise<Result<number>> {
  let flushed = 0
  for (const first of VOLATILE_RANGES) {
    const handles = await listHandles(tpm, first)
    if (!handles.ok) return handles
    for (const handle of handles.value) {
      const gone = await flushContext(tpm, handle)
      if (!gone.ok) return gone
      flushed += 1
    }
  }
  return ok(flushed)
}

/** TPM2_GetCapability(TPM_CAP_HANDLES): those from `first` on that are of its kind, as many as one answer has room for. */
export function listHandles(tpm: Tpm, first: number): Promise<Result<readonly number[]>> {
  const parameters = new Uint8Array([...u32(TPM_CAP_HANDLES), ...u32(first), ...u32(HANDLES_MAX)])
  const command = {
    name: 'TPM2_GetCapability',
    code: TPM_CC_GET_CAPABILITY,
    handles: [],
    authorizations: [],
    parameters,
  }
  return ask(tpm, command, (from) => {
    from.u8()
    from.u32()
    const count = from.u32()
    if (count > HANDLES_MAX) from.refuse(`at most ${HANDLES_MAX} handles`, `${count}`)
    return Array.from({ length: Math.min(count, HANDLES_MAX) }, () => from.u32())
  })
}
