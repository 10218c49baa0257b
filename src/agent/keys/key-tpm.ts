import { createTpm, type Tpm } from '../../attestation/tpm/tpm.ts'
import { createTpmDevice } from '../../attestation/tpm/tpm-device.ts'
import { createTpmSocket } from '../../attestation/tpm/tpm-socket.ts'
import { type AttestationConfiguration, socketOf } from '../../config/attestation.ts'

/** The way to the TPM that `[attestation]` names, not opened yet; undefined where it names none. */
export function openKeyTpm(
  attestation: Pick<AttestationConfiguration, 'provider' | 'device' | 'swtpm'> | undefined,
  commandMsMax: number,
): Tpm | undefined {
  if (attestation === undefined || attestation.provider === 'none') return undefined
  const { device, swtpm } = attestation
  if (swtpm === undefined) return createTpm(createTpmDevice(device ?? '', commandMsMax))
  return createTpm(createTpmSocket(socketOf(swtpm) ?? { path: swtpm }, commandMsMax))
}
