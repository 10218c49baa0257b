import type { Result } from '../../core/fault.ts'

/** The way to one TPM. */
export interface TpmTransport {
  /**
   * The response to a command, as it came. One at a time. Faults: `tpm.absent`, `tpm.silent` when there was none within the time
   * limit (one that comes later is thrown away, and the way is opened anew), `tpm.broken`.
   */
  transmit(command: Uint8Array): Promise<Result<Uint8Array>>
  /** Lets go of the TPM; the next command opens the way again. */
  close(): Promise<void>
}

/**
 * How long a command may take. The longest of the PC Client Platform is TPM2_CreatePrimary of RSA, tens of seconds on
 * slow chips; everything else is done within two.
 */
export const COMMAND_MS_MAX = 30_000

/** No TPM of the PC Client Platform takes or gives more (TPM_PT_MAX_COMMAND_SIZE, TPM_PT_MAX_RESPONSE_SIZE). */
export const MESSAGE_BYTES_MAX = 4096
