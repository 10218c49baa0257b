import type { InventoryItem } from '../../attestation/inventory.ts'
import { decodeQuote } from '../../attestation/tpm-attest.ts'
import type { MemberEvidence } from '../../bundle/member-evidence.ts'
import type { VerifiedBundle } from '../../bundle/verify-bundle.ts'
import { toHex } from '../../core/bytes.ts'
import { sha384 } from '../../core/hash.ts'

/** What a stranger is told of a bundle that holds, beside its certificate. */

/** What a judge who remembers asks and one who comes by once cannot. */
const NOT_ASKED =
  'not asked, for want of memory: whether a TPM was older than seen before, whether an enrolment was replaced since, whether a TPM is used outside this bundle'

/** By member and record, as plain data for `--json`. */
export function bundleJson(bundle: VerifiedBundle): Record<string, unknown> {
  return {
    authorities: bundle.authorities.map((key) => sha384(key)),
    changes: bundle.changes,
    allVerified: counts(bundle).others === 0,
    notAsked: ['rolled-back', 'older-enrolment', 'shared-tpm-outside'],
    records: bundle.members.map((evidence) => {
      const { name, member, proposal, vote, digest, judgement, record } = evidence
      const statement = record?.statement
      return {
        id: member,
        name,
        signed: signedWith(evidence),
        certified: proposal ?? null,
        vote,
        digest: digest ?? null,
        verdict: judgement.verdict,
        reasons: judgement.reasons,
        unchecked: judgement.unchecked,
        provider: statement?.provider ?? null,
        tpm: tpmOf(evidence) ?? null,
        certificate: statement?.certificate ?? null,
        software: statement?.softwareDigest ?? null,
        configuration: statement?.configurationDigest ?? null,
        inventory: statement?.inventory ?? [],
      }
    }),
  }
}

/** Of whom what is verified, and the sentence that says what came out. */
export function describeBundleLines(bundle: VerifiedBundle): readonly string[] {
  const authorities = bundle.authorities.map((key) => toHex(sha384(key)).slice(0, 12)).join(', ')
  const changed = bundle.changes === 0 ? 'never changed since' : `changed ${bundle.changes} times since`
  const width = Math.max(...bundle.members.map(({ name }) => name.length))
  return [
    `genesis signed by authority ${authorities}, membership ${changed}`,
    ...bundle.members.flatMap((evidence) => memberLines(evidence, width)),
    NOT_ASKED,
    verdictSentence(bundle),
  ]
}

function counts({ members }: VerifiedBundle): { readonly verified: number; readonly others: number } {
  const verified = members.filter(({ judgement }) => judgement.verdict === 'verified').length
  return { verified, others: members.length - verified }
}

function verdictSentence(bundle: VerifiedBundle): string {
  const { verified, others } = counts(bundle)
  const start = `The certificate holds from the authority's key on, signed by ${bundle.signers.length} members`
  return others === 0
    ? `${start}, and all ${verified} attestation records that it names are verified.`
    : `${start}; of what it names ${verified} attestation records are verified and ${others} are not.`
}

function signedWith({ proposal, vote }: MemberEvidence): readonly string[] {
  return [...(proposal === undefined ? [] : ['proposal']), ...(vote ? ['vote'] : [])]
}

/** Of a quote that is believed; of no other one can anything be said. */
function tpmOf({ judgement: { seen }, record }: MemberEvidence): Record<string, unknown> | undefined {
  const quote = record?.evidence && decodeQuote(record.evidence.quote)
  if (seen === undefined || quote?.ok !== true) return undefined
  const { resetCount, safe } = seen.clock
  const { firmwareVersion } = quote.value
  return {
    endorsement: seen.endorsementDigest,
    firmware: firmwareVersion.toString(16),
    resetCount,
    clockSafe: safe,
    enrolmentSerial: seen.enrolmentSerial,
  }
}

function memberLines(evidence: MemberEvidence, width: number): readonly string[] {
  const { name, proposal, judgement, record } = evidence
  const { verdict, reasons, unchecked, seen } = judgement
  const statement = record?.statement
  const firmware = tpmOf(evidence)?.['firmware']
  const tpm = seen === undefined ? 'no TPM' : `TPM ${short(seen.endorsementDigest)} firmware ${String(firmware)}`
  const software = `software ${statement?.softwareDigest === undefined ? 'unknown' : short(statement.softwareDigest)}`
  const signed = signedWith(evidence).join(' and ')
  const said = proposal === undefined ? '' : `, certified ${proposal}`
  return [
    `  ${name.padEnd(width)}  ${verdict.padEnd(8)}  ${tpm}, ${software}; ${signed}${said}`,
    ...reasons.map(({ code, message }) => `    ${code}: ${message}`),
    ...(verdict === 'verified' && unchecked.length > 0 ? [`    not asked about: ${unchecked.join(', ')}`] : []),
    ...(statement?.inventory ?? []).map(partLine),
  ]
}

function short(digest: Uint8Array): string {
  return toHex(digest).slice(0, 12)
}

function partLine({ part, name, kind, serialNumber, firmware }: InventoryItem): string {
  const serial = serialNumber === undefined ? '' : `, serial ${serialNumber}`
  return `    ${part} ${name}: ${kind}${serial}${firmware === undefined ? '' : `, firmware ${firmware}`}`
}
