import { z } from 'zod'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/**
 * One line of an authority's ledger: JSON, its keys in this order, nothing else. Each names the SHA-384 of the line before it, so
 * that none can be changed, moved or left out in the middle. Files are kept in it whole, as base64: the ledger alone is
 * enough to hand any of them out again.
 */

const digest = z.string().regex(/^[0-9a-f]{96}$/)
const blob = z.base64().max(1_048_576)
const text = z.string().regex(/^[ -~]{1,200}$/)
const number = z.int().min(0)

const head = { number, previous: digest, time: text }

export const ledgerEntrySchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...head, kind: z.literal('founded'), fleet: text, authority: digest }),
  z.strictObject({
    ...head,
    kind: z.literal('challenged'),
    node: text,
    /** SHA-384 of what was signed in the request and in the challenge, and of the secret. */
    requestDigest: digest,
    challengeDigest: digest,
    secretHash: digest,
    /** Whose word the endorsement certificate is, and what it says of the TPM. */
    rootedIn: z.enum(['vendor', 'site']),
    tpm: text,
    request: blob,
    challenge: blob,
  }),
  z.strictObject({
    ...head,
    kind: z.literal('enrolled'),
    node: text,
    serial: z.int().min(1),
    challengeDigest: digest,
    /** `0=…`: what the registers held, for a policy. */
    registers: z
      .array(z.string().regex(/^\d{1,2}=[0-9a-f]{64,128}$/))
      .max(24)
      .readonly(),
    enrolment: blob,
  }),
  z.strictObject({
    ...head,
    kind: z.literal('genesis'),
    cluster: text,
    membership: digest,
    genesis: blob,
    signatures: blob,
  }),
])

export type LedgerEntry = z.infer<typeof ledgerEntrySchema>
export type Challenged = Extract<LedgerEntry, { readonly kind: 'challenged' }>
export type GenesisSigned = Extract<LedgerEntry, { readonly kind: 'genesis' }>
export type Enrolled = Extract<LedgerEntry, { readonly kind: 'enrolled' }>

/** Without its line feed. */
export function encodeEntry(entry: LedgerEntry): string {
  return JSON.stringify(ledgerEntrySchema.parse(entry))
}

/** Exactly what `encodeEntry` writes. Fault: `ledger.line`. */
export function decodeEntry(line: string, where: string): Result<LedgerEntry> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return fail('ledger.line', `${where}: expected a line of JSON, got other text`)
  }
  const parsed = ledgerEntrySchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return fail(
      'ledger.line',
      `${where}: expected an entry of a ledger, got another ${issue?.path.join('.') || 'kind'}`,
    )
  }
  return encodeEntry(parsed.data) === line
    ? ok(parsed.data)
    : fail('ledger.line', `${where}: expected an entry as it is written, got another spelling of it`)
}
