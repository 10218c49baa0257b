import { equalBytes, toHex } from '../core/bytes.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { type AttestationKey, checkAttestationKey, type EnrolledKey } from './attestation-key.ts'
import { parseEventLog, replayEventLog } from './event-log.ts'
import { describeSelections, type PcrSelection, type PcrValues, pcrDigest, sameSelections } from './pcr-selection.ts'
import { checkClockFollows, type FormerClock } from './quote-clock.ts'
import type { Digest, HashAlgorithm } from './tpm-algorithm.ts'
import { decodeQuote, type TpmClockInfo, type TpmQuote } from './tpm-attest.ts'
import type { TpmPublic } from './tpm-public.ts'
import { decodeSignature, type TpmSignature } from './tpm-signature.ts'

/** What a node shows: nothing of it is trusted. */
export interface QuoteEvidence {
  /** TPMS_ATTEST, the very bytes that were signed. */
  readonly quote: Uint8Array
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array
  /** Of the bank of the selection. */
  readonly pcrValues: PcrValues
  /** The measured boot, where the machine has one. */
  readonly eventLog: Uint8Array | undefined
}

export interface QuotePolicy {
  readonly selection: PcrSelection
  /** Registers whose values the event log must explain; with any, a log is required. */
  readonly loggedPcrs: readonly number[]
  /** The TPM firmwares that are allowed, as TPMS_ATTEST has them; undefined allows all. */
  readonly firmwareVersions: readonly bigint[] | undefined
  /**
   * After a loss of power a TPM's clock is not safe for up to 70 minutes (part 1, 36.3.2): it may tell again what it told before.
   * Its reset count is right all the same.
   */
  readonly unsafeClock: 'refuse' | 'accept'
}

export interface QuoteExpectation {
  readonly extraData: Uint8Array
  readonly key: EnrolledKey
  readonly policy: QuotePolicy
  /** Undefined for the first quote of a TPM. */
  readonly former: FormerClock | undefined
}

/** What the pure side is given of cryptography. */
export interface QuoteCrypto {
  readonly digest: Digest
  verify(key: TpmPublic, signature: TpmSignature, message: Uint8Array): boolean
}

export interface VerifiedQuote {
  readonly clock: TpmClockInfo
  readonly firmwareVersion: bigint
  /** Of the registers of the policy, and no others. */
  readonly pcrValues: PcrValues
}

/**
 * Everything that has to be so before a quote is believed; the first thing that is not is the fault. Faults: `tpm.encoding`,
 * `tpm.name-hash`, `quote.ak-name`, `quote.ak-attributes`, `quote.ak-scheme`, `quote.scheme`, `quote.signature`,
 * `quote.magic`, `quote.type`, `quote.signer`, `quote.binding`, `quote.selection`, `quote.pcr-digest`, `event-log.format`,
 * `event-log.bank`, `quote.event-log`, `quote.firmware`, `quote.clock-unsafe`, `quote.reset`, `quote.rolled-back`.
 */
export function checkQuote(
  evidence: QuoteEvidence,
  expected: QuoteExpectation,
  means: QuoteCrypto,
): Result<VerifiedQuote> {
  const key = checkAttestationKey(expected.key, means.digest)
  if (!key.ok) return key
  // Before the signature is right there is nothing in the quote that would be worth a sentence.
  const signed = checkSignature(evidence, key.value, means)
  if (!signed.ok) return signed
  const quote = decodeQuote(evidence.quote)
  if (!quote.ok) return quote
  const bound = checkBinding(quote.value, expected)
  if (!bound.ok) return bound
  const registers = checkRegisters(quote.value, evidence, expected.policy, key.value, means.digest)
  if (!registers.ok) return registers
  const state = checkState(quote.value, expected)
  if (!state.ok) return state
  const { clock, firmwareVersion } = quote.value
  return ok({ clock, firmwareVersion, pcrValues: registers.value })
}

function checkSignature(evidence: QuoteEvidence, key: AttestationKey, means: QuoteCrypto): Result<void> {
  const signature = decodeSignature(evidence.signature)
  if (!signature.ok) return signature
  const { scheme, hashId } = signature.value
  if (scheme !== key.scheme || hashId !== key.hash.id) {
    const came = `${scheme} with hash 0x${hashId.toString(16)}`
    return fail('quote.scheme', `quote: expected ${key.scheme} with ${key.hash.name}, as enrolled, got ${came}`)
  }
  return means.verify(key.publicArea, signature.value, evidence.quote)
    ? ok(undefined)
    : fail('quote.signature', 'quote: expected a signature by the enrolled key, got another')
}

function checkBinding(quote: TpmQuote, { extraData, key }: QuoteExpectation): Result<void> {
  if (key.qualifiedName !== undefined && !equalBytes(quote.qualifiedSigner, key.qualifiedName)) {
    const came = toHex(quote.qualifiedSigner)
    return fail('quote.signer', `quote: expected the qualified signer ${toHex(key.qualifiedName)}, got ${came}`)
  }
  return equalBytes(quote.extraData, extraData)
    ? ok(undefined)
    : fail('quote.binding', `quote: expected extraData ${toHex(extraData)}, got ${toHex(quote.extraData)}`)
}

function checkRegisters(
  quote: TpmQuote,
  evidence: QuoteEvidence,
  { selection, loggedPcrs }: QuotePolicy,
  key: AttestationKey,
  digest: Digest,
): Result<PcrValues> {
  if (selection.pcrs.length === 0 || !sameSelections(quote.selections, [selection])) {
    const came = describeSelections(quote.selections)
    return fail('quote.selection', `quote: expected registers ${describeSelections([selection])}, got ${came}`)
  }
  // The quote's digest is by the hash of its key, whatever the bank's is (part 2, 10.12.1).
  const computed = pcrDigest(digest, key.hash, selection, evidence.pcrValues)
  if (computed === undefined || !equalBytes(computed, quote.pcrDigest)) {
    const came = computed === undefined ? 'not all of them' : `those of ${toHex(computed)}`
    return fail('quote.pcr-digest', `quote: expected values of the registers of ${toHex(quote.pcrDigest)}, got ${came}`)
  }
  // A value that the quote does not cover is the node's word alone.
  const quoted = new Map([...evidence.pcrValues].filter(([pcr]) => selection.pcrs.includes(pcr)))
  const logged = checkLog(evidence.eventLog, quoted, selection.hash, loggedPcrs, digest)
  return logged.ok ? ok(quoted) : logged
}

function checkLog(
  eventLog: Uint8Array | undefined,
  pcrValues: PcrValues,
  hash: HashAlgorithm,
  loggedPcrs: readonly number[],
  digest: Digest,
): Result<void> {
  if (loggedPcrs.length === 0) return ok(undefined)
  if (eventLog === undefined) return fail('quote.event-log', 'quote: expected an event log, got none')
  const log = parseEventLog(eventLog)
  if (!log.ok) return log
  const replayed = replayEventLog(log.value, hash, digest)
  if (!replayed.ok) return replayed
  for (const pcr of loggedPcrs) {
    const [byLog, quoted] = [replayed.value.get(pcr), pcrValues.get(pcr)]
    if (byLog === undefined || quoted === undefined || !equalBytes(byLog, quoted)) {
      const came = quoted === undefined ? 'none' : toHex(quoted)
      return fail(
        'quote.event-log',
        `quote: expected PCR ${pcr} as the event log makes it, ${byLog === undefined ? 'none' : toHex(byLog)}, got ${came}`,
      )
    }
  }
  return ok(undefined)
}

function checkState({ firmwareVersion, clock }: TpmQuote, { policy, former }: QuoteExpectation): Result<void> {
  if (policy.firmwareVersions?.includes(firmwareVersion) === false) {
    const allowed = policy.firmwareVersions.map((version) => version.toString(16)).join(', ')
    return fail('quote.firmware', `quote: expected TPM firmware ${allowed}, got ${firmwareVersion.toString(16)}`)
  }
  if (!clock.safe && policy.unsafeClock === 'refuse') {
    return fail('quote.clock-unsafe', 'quote: expected a clock that is safe, got one that may have lost power')
  }
  return former === undefined ? ok(undefined) : checkClockFollows(clock, former)
}
