import { type Enrolment, enrolmentCodec, signedEnrolmentCodec } from '../../src/attestation/enrolment.ts'
import {
  type EnrolmentRequest,
  enrolmentRequestCodec,
  signedRequestCodec,
} from '../../src/attestation/enrolment-request.ts'
import { decode } from '../../src/core/encoding.ts'
import { ok, type Result } from '../../src/core/fault.ts'
import type { Challenged, Enrolled, GenesisSigned, LedgerEntry } from './ledger-entry.ts'

/** What a ledger says, read for those who ask it. */

/** An enrolment that was issued, with the request that it followed from. */
export interface Issued {
  readonly entry: Enrolled
  readonly enrolment: Enrolment
  readonly request: EnrolmentRequest
  /** As it was handed out. */
  readonly bytes: Uint8Array
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

export function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** The newest of a node: an older one counts no more. */
export function newestChallenge(entries: readonly LedgerEntry[], node: string): Challenged | undefined {
  return entries.findLast((entry): entry is Challenged => entry.kind === 'challenged' && entry.node === node)
}

export function challengeNamed(entries: readonly LedgerEntry[], challengeDigest: string): Challenged | undefined {
  return entries.find(
    (entry): entry is Challenged => entry.kind === 'challenged' && entry.challengeDigest === challengeDigest,
  )
}

export function enrolledBy(entries: readonly LedgerEntry[], challengeDigest: string): Enrolled | undefined {
  return entries.find(
    (entry): entry is Enrolled => entry.kind === 'enrolled' && entry.challengeDigest === challengeDigest,
  )
}

/** A cluster has one genesis. */
export function genesisOf(entries: readonly LedgerEntry[], cluster: string): GenesisSigned | undefined {
  return entries.find((entry): entry is GenesisSigned => entry.kind === 'genesis' && entry.cluster === cluster)
}

/** Serial numbers count enrolments of all nodes. */
export function highestSerial(entries: readonly LedgerEntry[]): number {
  return entries.reduce((highest, entry) => (entry.kind === 'enrolled' ? Math.max(highest, entry.serial) : highest), 0)
}

export function requestIn({ request }: Challenged): Result<EnrolmentRequest> {
  const signed = decode(signedRequestCodec, bytesOf(request), 'ledger.request')
  return signed.ok ? decode(enrolmentRequestCodec, signed.value.content, 'ledger.request.content') : signed
}

/** The newest enrolment of each node, in the order of their first ones. */
export function newestEnrolments(entries: readonly LedgerEntry[]): Result<readonly Issued[]> {
  const newest = new Map<string, Issued>()
  for (const entry of entries) {
    if (entry.kind !== 'enrolled') continue
    const challenged = challengeNamed(entries, entry.challengeDigest)
    if (challenged === undefined) continue
    const request = requestIn(challenged)
    if (!request.ok) return request
    const bytes = bytesOf(entry.enrolment)
    const signed = decode(signedEnrolmentCodec, bytes, 'ledger.enrolment')
    const enrolment = signed.ok ? decode(enrolmentCodec, signed.value.content, 'ledger.enrolment.content') : signed
    if (!enrolment.ok) return enrolment
    newest.set(entry.node, { entry, enrolment: enrolment.value, request: request.value, bytes })
  }
  return ok([...newest.values()])
}
