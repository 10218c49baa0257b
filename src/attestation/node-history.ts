import { equalBytes } from '../core/bytes.ts'
import { shortHex } from '../core/encoding.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { type Enrolment, enrolmentContent } from './enrolment.ts'
import type { FormerClock } from './quote-clock.ts'
import type { Statement } from './record.ts'
import type { TpmClockInfo } from './tpm-attest.ts'

/**
 * What a verifier remembers of a node: of the newest record whose quote was believed. A verifier that forgets it takes an older
 * image of a TPM for the TPM.
 */
export interface KnownNode {
  readonly name: string
  readonly clock: TpmClockInfo
  readonly bootId: Uint8Array
  /** Of the highest certificate that its records named and the verifier has. */
  readonly height: number | undefined
  readonly enrolmentSerial: number
  /** SHA-384 of the content of the enrolment. */
  readonly enrolmentDigest: Uint8Array
  /** Name of the attestation key. */
  readonly keyName: Uint8Array
  readonly endorsementDigest: Uint8Array
}

export function knownFrom(
  statement: Statement,
  enrolment: Enrolment,
  clock: TpmClockInfo,
  height: number | undefined,
): KnownNode {
  return {
    name: statement.name,
    clock,
    bootId: statement.bootId,
    height,
    enrolmentSerial: enrolment.serial,
    enrolmentDigest: sha384(enrolmentContent(enrolment)),
    keyName: enrolment.attestationKey.name,
    endorsementDigest: enrolment.endorsementDigest,
  }
}

/**
 * Whether an enrolment may come after the one that is known, and is of a TPM that no other node has. Faults:
 * `enrolment.older`, `enrolment.serial`, `record.shared-tpm`.
 */
export function checkEnrolmentFollows(
  enrolment: Enrolment,
  known: KnownNode | undefined,
  others: readonly KnownNode[],
): Result<void> {
  if (known !== undefined && enrolment.serial < known.enrolmentSerial) {
    return fail(
      'enrolment.older',
      `enrolment: expected serial number ${known.enrolmentSerial} or more, as seen before, got ${enrolment.serial}`,
    )
  }
  const digest = sha384(enrolmentContent(enrolment))
  if (known?.enrolmentSerial === enrolment.serial && !equalBytes(digest, known.enrolmentDigest)) {
    return fail(
      'enrolment.serial',
      `enrolment: expected ${shortHex(known.enrolmentDigest)} under serial number ${enrolment.serial}, got ${shortHex(digest)}`,
    )
  }
  const { attestationKey, endorsementDigest } = enrolment
  const sharer = others.find(
    (other) =>
      other.name !== enrolment.node &&
      (equalBytes(other.keyName, attestationKey.name) || equalBytes(other.endorsementDigest, endorsementDigest)),
  )
  return sharer === undefined
    ? ok(undefined)
    : fail('record.shared-tpm', `record: expected a TPM of its own, got that of "${sharer.name}"`)
}

/** What the quote's clock has to follow: of the same key alone, since every TPM counts for itself. */
export function formerClockOf(
  known: KnownNode | undefined,
  enrolment: Enrolment,
  { bootId }: Statement,
): FormerClock | undefined {
  if (known === undefined || !equalBytes(known.keyName, enrolment.attestationKey.name)) return undefined
  return { clock: known.clock, sameBoot: equalBytes(known.bootId, bootId) }
}

/**
 * What does not fit to what the same TPM said before, although its clock went on. Reasons: `record.boot` when the system was
 * started again and the TPM does not know of it: it hangs on another machine, is the clone of one that two machines
 * run, or a kernel was started out of a running one, which no firmware has measured; `record.older` when a record that
 * was shown before the known one is shown again.
 */
export function contradictions(
  statement: Statement,
  clock: TpmClockInfo,
  known: KnownNode | undefined,
  former: FormerClock | undefined,
): readonly Fault[] {
  const reasons: Fault[] = []
  if (former !== undefined && !former.sameBoot && clock.resetCount === former.clock.resetCount) {
    const message = `record: expected a reset of the TPM with a new start of the machine, got reset count ${clock.resetCount} as before`
    reasons.push({ code: 'record.boot', message })
  }
  const height = statement.certificate?.height ?? -1
  if (known?.height !== undefined && height < known.height) {
    const came = statement.certificate === undefined ? 'none' : `${height}`
    const message = `record: expected a certificate of height ${known.height} or more, as named before, got ${came}`
    reasons.push({ code: 'record.older', message })
  }
  return reasons
}
