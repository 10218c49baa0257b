import type { EpochLine } from './epoch-book.ts'

/** What the certificates of a run said of the members' attestation records, and why the first ones said less. */
export interface RecordsSummary {
  readonly members: number
  /** Certificates in which the record of every member is verified. */
  readonly allVerified: number
  /** Certificates that list fewer members, and verify all of those. */
  readonly fewerListed: number
  readonly firstEpoch: number | null
  /** Until then: how many certificates verify not all that they list, and what the appliances said of each other's records, each reason once. */
  readonly certificatesBefore: number
  readonly reasonsBefore: readonly Reason[]
}

export interface Reason {
  readonly code: string
  readonly message: string
}

const UNJUDGED: Reason = {
  code: 'unjudged',
  message: 'record: expected a word of f + 1 others on it, got fewer: it had not reached them, or they had not said so',
}

/** What is heard of records in a run. */
export interface RecordBook {
  /** An event of an agent: `attestation`, and `decision`. */
  hear(event: Readonly<Record<string, unknown>>): void
  summary(lines: readonly EpochLine[]): RecordsSummary
}

export function createRecordBook(members: number): RecordBook {
  /** What they said of each other's records until all were verified. */
  const told: Reason[] = []
  let isOver = false
  return {
    hear: ({ type, reasons, attestation = [] }) => {
      if (type === 'decision') isOver ||= isAllVerified({ attestation: attestation as Verdicts }, members)
      if (type === 'attestation' && !isOver) told.push(...(reasons as readonly Reason[]))
    },
    summary: (lines) => summarizeRecords(lines, members, told),
  }
}

type Verdicts = EpochLine['attestation']

function isAllVerified({ attestation }: { readonly attestation: Verdicts }, members: number): boolean {
  return attestation.length === members && attestation.every(({ verdict }) => verdict === 'verified')
}

function summarizeRecords(lines: readonly EpochLine[], members: number, told: readonly Reason[]): RecordsSummary {
  const certified = lines.filter((line) => line.certified)
  const isListVerified = (line: EpochLine): boolean => isAllVerified(line, line.attestation.length)
  const first = certified.findIndex((line) => isAllVerified(line, members))
  const before = certified.slice(0, first < 0 ? undefined : first).filter((line) => !isListVerified(line))
  const isUnjudged = before.some(({ attestation }) => attestation.some(({ verdict }) => verdict === 'unjudged'))
  const reasons = isUnjudged ? [...told, UNJUDGED] : told
  return {
    members,
    allVerified: certified.filter((line) => isAllVerified(line, members)).length,
    fewerListed: certified.filter((line) => line.attestation.length < members && isListVerified(line)).length,
    firstEpoch: certified[first]?.epoch ?? null,
    certificatesBefore: before.length,
    reasonsBefore: before.length === 0 ? [] : [...new Map(reasons.map((reason) => [reason.code, reason])).values()],
  }
}

export function describeRecords(summary: RecordsSummary, certified: number): string {
  const { members, allVerified, fewerListed, firstEpoch, certificatesBefore, reasonsBefore } = summary
  const parts = [
    `records: all ${members} verified in ${allVerified} of ${certified} certificates${firstEpoch === null ? '' : `, from epoch ${firstEpoch} on`}`,
  ]
  if (fewerListed > 0) parts.push(`${fewerListed} list fewer members and verify those`)
  if (certificatesBefore > 0) {
    const why = reasonsBefore.map(({ code, message }) => `${code} (${message})`).join('; ')
    parts.push(`not all of them in ${certificatesBefore} before that${why === '' ? '' : `: ${why}`}`)
  }
  return parts.join(', ')
}
