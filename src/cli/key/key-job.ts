import type { PcrSelection } from '../../attestation/pcr-selection.ts'
import type { Tpm } from '../../attestation/tpm/tpm.ts'
import type { KeyPurpose } from '../../crypto/sealed-key.ts'

/** What all verbs about a key file share. */
export interface KeyJob {
  readonly file: string
  readonly purpose: KeyPurpose
  readonly registers: PcrSelection | undefined
  readonly tpm: Tpm
  readonly dryRun: boolean
  /** Tells the operator, and the log. */
  say(text: string): void
}
