import { readFile } from 'node:fs/promises'
import { enrolmentCodec, signedEnrolmentCodec } from '../../attestation/enrolment.ts'
import { LOG_BYTES_MAX } from '../../attestation/event-log.ts'
import type { InventoryItem } from '../../attestation/inventory.ts'
import type { PcrSelection } from '../../attestation/pcr-selection.ts'
import {
  encodeRecord,
  type NamedCertificate,
  recordDigest,
  type Statement,
  statementBinding,
} from '../../attestation/record.ts'
import { platformDigest } from '../../attestation/tpm/platform-digest.ts'
import { quoteWithValues } from '../../attestation/tpm/quote.ts'
import type { Tpm } from '../../attestation/tpm/tpm.ts'
import { decode } from '../../core/encoding.ts'
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'

/** A record of this appliance, as it will be shown. */
export interface OwnRecord {
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
  readonly statement: Statement
  readonly eventLog: { readonly digest: Uint8Array; readonly bytes: Uint8Array } | undefined
}

/** What a record says beside what vouches for it. */
export interface Said {
  readonly cluster: string
  readonly member: number
  readonly name: string
  readonly keyHash: Uint8Array
  readonly certificate: NamedCertificate | undefined
  readonly bootId: Uint8Array
  readonly softwareDigest: Uint8Array | undefined
  readonly configurationDigest: Uint8Array | undefined
  readonly inventory: readonly InventoryItem[]
}

/** The files beside a TPM, and under which handle its key is. */
export interface Vouching {
  readonly tpm: Tpm
  readonly keyHandle: number
  readonly enrolment: string
  readonly eventLog: string | undefined
}

/** A record that nothing vouches for, and says so. */
export function unattestedRecord(said: Said): OwnRecord {
  const statement: Statement = { ...said, provider: 'none', enrolment: undefined, eventLogDigest: undefined }
  return ownRecord(statement, undefined, undefined)
}

/**
 * The statement first, then the quote over it. The enrolment is read anew each time, so that a new one counts without a
 * restart. `note` is told what the record has to do without. Faults: `attestation.enrolment`, those of the TPM.
 */
export async function attestedRecord(
  said: Said,
  { tpm, keyHandle, enrolment: file, eventLog: logFile }: Vouching,
  note: (fault: Fault) => void,
): Promise<Result<OwnRecord>> {
  const enrolled = await readEnrolment(file)
  if (!enrolled.ok) return enrolled
  const { bytes: enrolment, selection } = enrolled.value
  const log = logFile === undefined ? undefined : await readEventLog(logFile)
  if (log !== undefined && !log.ok) note(log.fault)
  const eventLog = log?.ok === true ? { digest: sha384(log.value), bytes: log.value } : undefined
  const statement: Statement = { ...said, provider: 'tpm2', enrolment, eventLogDigest: eventLog?.digest }
  const quoted = await quoteWithValues(tpm, keyHandle, statementBinding(statement), selection, platformDigest)
  if (!quoted.ok) return quoted
  const { quote, signature, pcrValues } = quoted.value
  const values = selection.pcrs.map((pcr) => pcrValues.get(pcr) ?? new Uint8Array())
  return ok(ownRecord(statement, { quote, signature, pcrValues: values }, eventLog))
}

function ownRecord(
  statement: Statement,
  evidence: Parameters<typeof encodeRecord>[0]['evidence'],
  eventLog: OwnRecord['eventLog'],
): OwnRecord {
  const bytes = encodeRecord({ format: 'quorumtime-attestation-1', statement, evidence })
  return { digest: recordDigest(bytes), bytes, statement, eventLog }
}

/** A signed enrolment and the registers that it is for. Whether an authority has signed it is for others to judge. */
export async function readEnrolment(
  file: string,
): Promise<Result<{ readonly bytes: Uint8Array; readonly selection: PcrSelection }>> {
  const bytes = await readBytes(file, 'attestation.enrolment', 'expected a signed enrolment')
  if (!bytes.ok) return bytes
  const signed = decode(signedEnrolmentCodec, bytes.value, `${file}: enrolment`)
  if (!signed.ok) return fail('attestation.enrolment', signed.fault.message)
  const content = decode(enrolmentCodec, signed.value.content, `${file}: enrolment.content`)
  return content.ok
    ? ok({ bytes: bytes.value, selection: content.value.selection })
    : fail('attestation.enrolment', content.fault.message)
}

async function readEventLog(file: string): Promise<Result<Uint8Array>> {
  const bytes = await readBytes(file, 'attestation.event-log', 'expected the log of the measured boot')
  if (!bytes.ok || bytes.value.length <= LOG_BYTES_MAX) return bytes
  return fail('attestation.event-log', `${file}: expected at most ${LOG_BYTES_MAX} bytes, got ${bytes.value.length}`)
}

async function readBytes(file: string, code: string, expected: string): Promise<Result<Uint8Array>> {
  try {
    return ok(new Uint8Array(await readFile(file)))
  } catch (error) {
    return fail(code, `${file}: ${expected}, got ${(error as Error).message}`)
  }
}
