import { fail, type Result } from '../../src/core/fault.ts'
import { ATTESTATION_TARGETS } from './attestation-targets.ts'
import { CONSENSUS_TARGETS } from './consensus-targets.ts'
import { DRIVER_TARGETS } from './driver-targets.ts'
import { ENROLMENT_TARGETS } from './enrolment-targets.ts'
import { INSTRUMENT_TARGETS } from './instrument-targets.ts'
import { PACKET_DRIVER_TARGETS } from './packet-driver-targets.ts'
import { PTP_MANAGEMENT_TARGET } from './ptp-management-target.ts'
import { PTP_TARGETS } from './ptp-targets.ts'
import { REFERENCE_TARGETS } from './reference-targets.ts'
import type { Target } from './target.ts'
import { TPM_TARGETS } from './tpm-targets.ts'

/** The bytes of messages, of files that are shown to strangers, of instruments, and of everything else that comes from outside. */
export const TARGETS: readonly Target[] = [
  ...CONSENSUS_TARGETS,
  ...INSTRUMENT_TARGETS,
  ...REFERENCE_TARGETS,
  ...PTP_TARGETS,
  ...DRIVER_TARGETS,
  ...PACKET_DRIVER_TARGETS,
  PTP_MANAGEMENT_TARGET,
  ...TPM_TARGETS,
  ...ATTESTATION_TARGETS,
  ...ENROLMENT_TARGETS,
]

/** For a target that is asked for by a name that is none. */
export function targetNamed(name: string): Result<Target> {
  const found = TARGETS.find((target) => target.name === name)
  return found === undefined
    ? fail('fuzz.target', `expected one of ${TARGETS.map((target) => target.name).join(', ')}, got ${name}`)
    : { ok: true, value: found }
}
