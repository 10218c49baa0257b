import { readFile } from 'node:fs/promises'
import { LOG_BYTES_MAX } from '../../attestation/event-log.ts'
import type { InventoryItem } from '../../attestation/inventory.ts'
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
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'
import { enrolmentFor } from './own-enrolment.ts'

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
  /** The present one first, then one of a key to come. */
  readonly enrolments: readonly string[]
  readonly eventLog: string | undefined
}

/** A record that nothing vouches for, and says so. */
export function unattestedRecord(said: Said): OwnRecord {
  const statement: Statement = { ...said, provider: 'none', enrolment: undefined, eventLogDigest: undefined }
  return ownRecord(statement, undefined, undefined)
}

/**
 * The statement first, then the quote over it. Enrolments are read anew each time, so that a new one counts without a
 * restart, and the one of the key that signs in this session is shown. `note` is told what the record has to do without. Faults: `attestation.enrolment`, those of the TPM.
 */
export async function attestedRecord(
  said: Said,
  { tpm, keyHandle, enrolments, eventLog: logFile }: Vouching,
  note: (fault: Fault) => void,
): Promise<Result<OwnRecord>> {
  const enrolled = enrolmentFor(enrolments, said.keyHash, note)
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
