import { ENROLMENT_BYTES_MAX, enrolmentCodec, signedEnrolmentCodec } from '../../attestation/enrolment.ts'
import type { PcrSelection } from '../../attestation/pcr-selection.ts'
import type { AttestationConfiguration } from '../../config/attestation.ts'
import { readNamedFile } from '../../config/read-file.ts'
import { equalBytes } from '../../core/bytes.ts'
import { decode, shortHex } from '../../core/encoding.ts'
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'
import type { Keys } from '../keys/load-keys.ts'

/** An enrolment of this appliance, and what it is for. Whether an authority has signed it is for others to judge. */
export interface OwnEnrolment {
  readonly file: string
  readonly bytes: Uint8Array
  /** SHA-384 of the ML-DSA-87 public key that it speaks of. */
  readonly keyHash: Uint8Array
  readonly serial: number
  readonly selection: PcrSelection
}

/** The present one first, then that of a key to come. */
export function enrolmentFiles({
  enrolment,
  nextEnrolment,
}: Pick<AttestationConfiguration, 'enrolment' | 'nextEnrolment'>): readonly string[] {
  return [enrolment, nextEnrolment].filter((file) => file !== undefined)
}

/** Fault: `attestation.enrolment`. */
export function readEnrolment(file: string): Result<OwnEnrolment> {
  const bytes = readNamedFile(file, { what: 'a signed enrolment', bytesMax: ENROLMENT_BYTES_MAX })
  if (!bytes.ok) return fail('attestation.enrolment', bytes.fault.message)
  const signed = decode(signedEnrolmentCodec, bytes.value, `${file}: enrolment`)
  if (!signed.ok) return fail('attestation.enrolment', signed.fault.message)
  const content = decode(enrolmentCodec, signed.value.content, `${file}: enrolment.content`)
  if (!content.ok) return fail('attestation.enrolment', content.fault.message)
  const { keyHash, serial, selection } = content.value
  return ok({ file, bytes: bytes.value, keyHash, serial, selection })
}

/**
 * The enrolment of the key that signs in the present session, the newest where several are. `rotate-key finish` moves files
 * while the agent runs, so one that cannot be read is no fault beside one that fits. Where none fits, the first is shown, as it
 * says at least which TPM this is, and `note` is told why the others will find it wrong. Faults: `attestation.enrolment`, and
 * noted `attestation.enrolment-key`.
 */
export function enrolmentFor(
  files: readonly string[],
  keyHash: Uint8Array,
  note: (fault: Fault) => void,
): Result<OwnEnrolment> {
  const read = files.map(readEnrolment)
  const readable = read.flatMap((each) => (each.ok ? [each.value] : []))
  const fitting = readable.filter((each) => equalBytes(each.keyHash, keyHash))
  const [newest] = fitting.sort((a, b) => b.serial - a.serial)
  if (newest !== undefined) return ok(newest)
  const [first] = read
  if (first === undefined) return fail('attestation.enrolment', 'attestation.enrolment: expected one, got none')
  if (first.ok) note(unenrolledFault(`the signing key ${shortHex(keyHash)}`, readable))
  return first
}

/**
 * What is found at a start: an enrolment that cannot be read is a fault, and a key that signs now or is to, and has none, is
 * told before the session comes in which the others judge it. Fault: `attestation.enrolment`.
 */
export function findUnenrolled(
  attestation: AttestationConfiguration | undefined,
  { signing }: Pick<Keys, 'signing'>,
): Result<readonly Fault[]> {
  if (attestation?.provider !== 'tpm2') return ok([])
  const enrolments: OwnEnrolment[] = []
  for (const file of enrolmentFiles(attestation)) {
    const read = readEnrolment(file)
    if (!read.ok) return read
    enrolments.push(read.value)
  }
  const unenrolled = signing.filter(({ key }) => {
    const hash = sha384(key.publicKey)
    return !enrolments.some(({ keyHash }) => equalBytes(keyHash, hash))
  })
  return ok(unenrolled.map(({ place }) => unenrolledFault(place, enrolments)))
}

function unenrolledFault(what: string, enrolments: readonly OwnEnrolment[]): Fault {
  const got = enrolments.map(({ file, keyHash }) => `${file} of ${shortHex(keyHash)}`).join(' and ')
  return {
    code: 'attestation.enrolment-key',
    message: `${what}: expected an enrolment of this key by [attestation] enrolment or nextEnrolment, got ${got}: the others find records under it wrong; have the TPM enrolled for it`,
  }
}
