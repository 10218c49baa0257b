import {
  checkEnrolled,
  ENROLMENT_BYTES_MAX,
  type Enrolment,
  type EnrolmentTrust,
  verifyEnrolment,
} from '../../src/attestation/enrolment.ts'
import { CHALLENGE_BYTES_MAX, verifyChallenge } from '../../src/attestation/enrolment-challenge.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import type { Tpm } from '../../src/attestation/tpm/tpm.ts'
import { equalBytes, utf8 } from '../../src/core/bytes.ts'
import { shortHex } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { publicKeyToPem } from '../../src/crypto/public-key.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import type { Task } from '../run-tasks.ts'
import { drawCopy, isSameTpm } from './answer.ts'
import { type ApplianceFiles, readKept } from './appliance-files.ts'
import { readBegun } from './begun-enrolment.ts'
import { readOwnKeyHashes } from './own-keys.ts'

export interface InstallOptions {
  readonly folder: string
  readonly enrolment: Uint8Array
  /** A file with the authority's public key; may be left out when it was shown before. */
  readonly authority: string | undefined
}

const MEANS = { digest: platformDigest, verifyMlDsa: selectMlDsa().verifier.verifySync }

/**
 * What installs an enrolment, when it is of this appliance's name, keys and TPM, by the authority whose challenge was answered, and
 * not older than the one that is there. Only looks. Faults: `enrol.no-challenge`, those of `readBegun`,
 * `verifyEnrolment` and `checkEnrolled`, `enrol.other-key`, `enrol.older`, `enrol.wrong-tpm`.
 */
export async function drawInstallation(tpm: Tpm, options: InstallOptions): Promise<Result<readonly Task[]>> {
  const begun = readBegun(options.folder, options.authority)
  if (!begun.ok) return begun
  const { files, settings, request, authority } = begun.value
  const trust = readTrust(files, authority)
  if (!trust.ok) return trust
  const enrolment = verifyEnrolment(options.enrolment, trust.value, MEANS)
  if (!enrolment.ok) return enrolment
  const keys = readOwnKeyHashes(files)
  if (!keys.ok) return keys
  const own = checkEnrolled(enrolment.value, {
    name: settings.node,
    keyHash: keys.value.signing,
  })
  if (!own.ok) return own
  const { attestationKey, endorsementCertificate } = request
  if (
    !equalBytes(enrolment.value.attestationKey.name, attestationKey.name) ||
    !equalBytes(enrolment.value.endorsementDigest, sha384(endorsementCertificate))
  ) {
    return fail(
      'enrol.other-key',
      `enrolment of ${enrolment.value.node}: expected the attestation key and the TPM of the request, got others`,
    )
  }
  const newer = isNewer(files, enrolment.value, trust.value)
  if (!newer.ok) return newer
  const same = await isSameTpm(tpm, settings, request)
  if (!same.ok) return same
  return ok([
    drawCopy(files.authority, utf8(publicKeyToPem(authority)), 'public key of the authority'),
    drawCopy(files.enrolment, options.enrolment, describe(enrolment.value)),
  ])
}

/** The fleet that this appliance was asked into, by the challenge that it answered. */
function readTrust(files: ApplianceFiles, authority: Uint8Array): Result<EnrolmentTrust> {
  const bytes = readKept(files.challenge, 'a challenge', CHALLENGE_BYTES_MAX)
  if (!bytes.ok) return bytes
  if (bytes.value === undefined) {
    return fail('enrol.no-challenge', `${files.challenge}: expected the challenge that was answered here, got no file`)
  }
  const read = verifyChallenge(bytes.value, authority, MEANS.verifyMlDsa)
  return read.ok ? ok({ fleet: read.value.challenge.fleet, authorities: [authority] }) : read
}

function isNewer(files: ApplianceFiles, enrolment: Enrolment, trust: EnrolmentTrust): Result<void> {
  const bytes = readKept(files.enrolment, 'an enrolment', ENROLMENT_BYTES_MAX)
  if (!bytes.ok || bytes.value === undefined) return bytes.ok ? ok(undefined) : bytes
  const kept = verifyEnrolment(bytes.value, trust, MEANS)
  // One that was cut short, or is of another authority or fleet, is no reason to keep it.
  if (!kept.ok || kept.value.serial <= enrolment.serial) return ok(undefined)
  return fail(
    'enrol.older',
    `enrolment of ${enrolment.node}: expected serial ${kept.value.serial} or higher, got ${enrolment.serial}`,
  )
}

function describe({ node, serial, authority }: Enrolment): string {
  return `enrolment ${serial} of ${node} by authority ${shortHex(authority)}`
}
