import type { EnrolmentRequest } from '../../src/attestation/enrolment-request.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type ApplianceFiles, applianceFiles, readPinned } from './appliance-files.ts'
import { readRequest } from './request.ts'
import { readSettings, type TpmSettings } from './tpm-settings.ts'

/** An enrolment that was asked for here, and whose authority is known. */
export interface BegunEnrolment {
  readonly files: ApplianceFiles
  readonly settings: TpmSettings
  readonly request: EnrolmentRequest
  /** Its raw public key. */
  readonly authority: Uint8Array
}

/**
 * What the folder of an appliance knows of its enrolment. `shown`: a file with the authority's public key; may be left out when it
 * was shown before. Faults: `enrol.no-request`, `enrol.no-authority`, `enrol.authority`.
 */
export function readBegun(folder: string, shown: string | undefined): Result<BegunEnrolment> {
  const files = applianceFiles(folder)
  const settings = readSettings(files.settings)
  if (!settings.ok) return settings
  const request = readRequest(files)
  if (!request.ok) return request
  if (request.value === undefined) {
    return fail('enrol.no-request', `${files.request}: expected the request that was made here, got no file`)
  }
  const authority = readPinned(files, shown)
  if (!authority.ok) return authority
  return ok({ files, settings: settings.value, request: request.value, authority: authority.value })
}
