import { existsSync, rmSync } from 'node:fs'
import { readEnrolment } from '../../src/agent/attestation/own-enrolment.ts'
import type { AttestationConfiguration } from '../../src/config/attestation.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import type { Configuration } from '../../src/config/schema.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { shortHex } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { attempt } from '../../src/linux/attempt.ts'
import { drawCopy } from '../appliance/answer.ts'
import { applianceFiles, nextFolder } from '../appliance/appliance-files.ts'
import type { Task } from '../run-tasks.ts'

/** The enrolment of a signing key to come: beside the present one until a membership names that key, and then in its place. */

const FILE_BYTES_MAX = 262_144
const NEXT_ENROLMENT = 'next/attestation/enrolment.cbor'

/**
 * What the configuration is to name as `nextEnrolment`, where a TPM vouches for the appliance: without it the others would find
 * its record wrong from the change of session on. `keyHash`: of the next signing key, undefined while it is not made. Fault:
 * `rotate.not-enrolled`.
 */
export function findNextEnrolment(
  folder: string,
  { attestation }: Configuration,
  keyHash: Uint8Array | undefined,
): Result<string | undefined> {
  if (attestation?.provider !== 'tpm2') return ok(undefined)
  const { enrolment: path } = applianceFiles(nextFolder(folder))
  const read = readEnrolment(path)
  if (read.ok && keyHash !== undefined && equalBytes(read.value.keyHash, keyHash)) return ok(NEXT_ENROLMENT)
  const wanted = keyHash === undefined ? 'the next signing key, which is not made yet' : `the key ${shortHex(keyHash)}`
  const got = read.ok ? `one of ${shortHex(read.value.keyHash)}` : read.fault.message
  return fail('rotate.not-enrolled', `${path}: expected the enrolment of ${wanted}, got ${got}`)
}

export interface EnrolmentMove {
  readonly tasks: readonly Task[]
  /** Last: another rotation begins with an empty folder. */
  readonly cleared: readonly Task[]
}

/**
 * Puts the enrolment of the key that signs now, and what it came from, in the place of the former one. One that is of another key,
 * since it was the TLS key that was rotated, stays where it is. Fault: `file.unreadable`.
 */
export function drawEnrolmentMove(
  folder: string,
  attestation: AttestationConfiguration | undefined,
  keyHash: Uint8Array,
): Result<EnrolmentMove> {
  const [from, to] = [applianceFiles(nextFolder(folder)), applianceFiles(folder)]
  const read = existsSync(from.enrolment) ? readEnrolment(from.enrolment) : undefined
  if (read?.ok !== true || !equalBytes(read.value.keyHash, keyHash)) return ok({ tasks: [], cleared: [] })
  const tasks: Task[] = []
  for (const key of ['request', 'challenge', 'answer', 'enrolment'] as const) {
    if (!existsSync(from[key])) continue
    const bytes = readNamedFile(from[key], { what: 'a file of the enrolment', bytesMax: FILE_BYTES_MAX })
    if (!bytes.ok) return bytes
    // Where the agent looks for it, wherever that is.
    const place = key === 'enrolment' ? (attestation?.enrolment ?? to.enrolment) : to[key]
    tasks.push(drawCopy(place, bytes.value, `${key} of the new key`))
  }
  const cleared: Task = {
    action: 'update',
    path: from.attestation,
    what: 'take away what has moved',
    perform: () =>
      attempt('provisioning.write', `${from.attestation}: expected to remove it`, () =>
        rmSync(from.attestation, { recursive: true }),
      ),
  }
  return ok({ tasks, cleared: [cleared] })
}
