import type { z } from 'zod'
import { choice, integer, number, table } from '../../drivers/options.ts'
import { path } from './outputs.ts'

/** `[attestation]`: what vouches for this appliance. Absent: nothing does, which its record says. */

const EXPECTED_SOFTWARE = 'host:port of a software TPM, or the path of its socket'
const HOST_AND_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9][A-Za-z0-9.-]*)):(\d{1,5})$/
const PORT_MAX = 65_535

/** Where keys are kept that outlive a loss of power (TPM_HT_PERSISTENT; part 2, 7.2). */
const PERSISTENT_FIRST = 0x8100_0000
const PERSISTENT_LAST = 0x81ff_ffff

export const attestationSchema = table({
  provider: choice('none', 'tpm2'),
  /** The kernel's, like `/dev/tpmrm0`. */
  device: path.optional(),
  /** Or software: swtpm by `host:port`, or by the path of its socket. */
  swtpm: path.refine((text) => !looksLikeAddress(text) || socketOf(text) !== undefined, EXPECTED_SOFTWARE).optional(),
  /** Of the attestation key; absent: 0x81010017. */
  keyHandle: integer(PERSISTENT_FIRST, PERSISTENT_LAST).optional(),
  /** What the authority has handed over for this appliance. */
  enrolment: path.optional(),
  /** The same for `nextSigningKey`: held beside it until a membership names that key. */
  nextEnrolment: path.optional(),
  /** The log of the measured boot, where there is one. */
  eventLog: path.optional(),
  /** How often the record is made anew. */
  refreshMinutes: number(0.02, 1_440).default(10),
})

export type AttestationConfiguration = z.infer<typeof attestationSchema>

/** A software TPM's address, or undefined when the text is a path. */
export function socketOf(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, digits] = HOST_AND_PORT.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  return host === undefined || port < 1 || port > PORT_MAX ? undefined : { host, port }
}

function looksLikeAddress(text: string): boolean {
  return !text.includes('/') && text.includes(':')
}

/** With all paths resolved by `from`. */
export function resolveAttestation(
  attestation: AttestationConfiguration,
  from: (path: string) => string,
): AttestationConfiguration {
  const { device, swtpm, enrolment, nextEnrolment, eventLog } = attestation
  return {
    ...attestation,
    ...(device === undefined ? {} : { device: from(device) }),
    ...(swtpm === undefined || socketOf(swtpm) !== undefined ? {} : { swtpm: from(swtpm) }),
    ...(enrolment === undefined ? {} : { enrolment: from(enrolment) }),
    ...(nextEnrolment === undefined ? {} : { nextEnrolment: from(nextEnrolment) }),
    ...(eventLog === undefined ? {} : { eventLog: from(eventLog) }),
  }
}

const OF_A_TPM = ['device', 'swtpm', 'keyHandle', 'enrolment', 'nextEnrolment', 'eventLog'] as const

/** A sentence for each contradiction. */
export function checkAttestation(attestation: AttestationConfiguration | undefined): readonly string[] {
  if (attestation === undefined) return []
  const { provider, device, swtpm, enrolment } = attestation
  if (provider === 'none') {
    return OF_A_TPM.flatMap((key) => {
      const value = attestation[key]
      return value === undefined ? [] : [`attestation.${key}: expected none with provider = "none", got ${value}`]
    })
  }
  return [
    ...(device === undefined && swtpm === undefined
      ? ['attestation.device: expected the way to a TPM, by this or by swtpm, got none']
      : []),
    ...(device !== undefined && swtpm !== undefined
      ? [`attestation.swtpm: expected none beside device, for an appliance has one TPM, got "${swtpm}"`]
      : []),
    ...(enrolment === undefined ? ['attestation.enrolment: expected one with provider = "tpm2", got none'] : []),
  ]
}
