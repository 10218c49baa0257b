import { createTpm, type Tpm } from '../../attestation/tpm/tpm.ts'
import { createTpmDevice } from '../../attestation/tpm/tpm-device.ts'
import { createTpmSocket } from '../../attestation/tpm/tpm-socket.ts'
import { type AttestationConfiguration, socketOf } from '../../config/attestation.ts'

/** The TPM of this appliance, with a count of what it was asked: it has to be nothing at all from one record to the next. */
export interface CountedTpm extends Tpm {
  commands(): number
  /** Gives up what it is asked at present: a TPM that hangs must not keep the agent from ending. */
  giveUp(): Promise<void>
}

/**
 * The way to the TPM that `[attestation]` names; undefined where it names none. Nothing is opened before the first command,
 * so one that is absent stops nobody. Whoever asked it closes it before another opens it: swtpm serves one connection at a time.
 */
export function openProvider(
  attestation: Pick<AttestationConfiguration, 'provider' | 'device' | 'swtpm'> | undefined,
  commandMsMax?: number,
): CountedTpm | undefined {
  if (attestation === undefined || attestation.provider === 'none') return undefined
  const { device, swtpm } = attestation
  const transport =
    swtpm === undefined
      ? createTpmDevice(device ?? '', commandMsMax)
      : createTpmSocket(socketOf(swtpm) ?? { path: swtpm }, commandMsMax)
  const tpm = createTpm(transport)
  let commands = 0
  return {
    commands: () => commands,
    run: (command, handleCount) => {
      commands += 1
      return tpm.run(command, handleCount)
    },
    close: tpm.close,
    giveUp: transport.close,
  }
}
