import { RECORD_VERDICTS } from '../attestation/record-verdict.ts'
import {
  bigintCodec,
  booleanCodec,
  type Codec,
  choiceCodec,
  listCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  textCodec,
  uintCodec,
} from '../core/encoding.ts'
import { MEMBERS_MAX } from './membership.ts'
import {
  DOMAIN_CHARACTERS_MAX,
  digestCodec,
  type LeapEvent,
  leapEventCodec,
  memberIdCodec,
  offsetCodec,
  SOURCES_MAX,
} from './proposal.ts'

/**
 * What a block certifies: a pure function of its listed proposals, the membership and the parent's state
 * (`agreement.ts`), recomputed by every voter.
 */
export interface Outcome {
  /** One per listed proposal, in the order of the list (by member id). */
  readonly frames: readonly Frame[]
  readonly grade: Grade
  /** passes / (passes + fails) in parts per million; undefined when nobody passed or failed. */
  readonly hardwareConfidencePpm: number | undefined
  /** One per failure domain that a listed proposal names, sorted. */
  readonly domains: readonly DomainVerdict[]
  /** Achieved precision: the (f+1)-th largest residual over frames; undefined when no frame has one. */
  readonly precisionNs: bigint | undefined
  readonly leap: CertifiedLeap
  /** Members whose interval misses the region in at least f + 1 frames other than their own. Sorted. */
  readonly outliers: readonly number[]
  /** One per listed proposal, in the order of the list: what its member has attested, and what that is worth. */
  readonly attestation: readonly AttestedMember[]
}

/** The agreement in the frame of one member r: about T − R_r at r's mark. */
export interface Frame {
  readonly member: number
  /** How many intervals reached this frame. */
  readonly intervals: number
  /** The certified region [lo, hi] ∋ T − R_r, or undefined: no correction for r. */
  readonly region: Region | undefined
  readonly verdict: HardwareVerdict
}

export interface Region {
  readonly lo: bigint
  readonly hi: bigint
  /** x: the chosen point of the region; the correction is x − a_r, the bound max(x − lo, hi − x). */
  readonly point: bigint
  readonly method: Method
  /** How many intervals still stood when the point was computed. */
  readonly survivors: number
}

/** What f + 1 listed members say of the attestation of another one (`attested-members.ts`). */
export interface AttestedMember {
  readonly member: number
  /** SHA-384 of its attestation record, as the header of its listed proposal names it; undefined: it names none. */
  readonly digest: Uint8Array | undefined
  readonly verdict: AttestationVerdict
}

/** `unjudged`: too few say the same, or nobody is asked. */
export const ATTESTATION_VERDICTS = [...RECORD_VERDICTS, 'unjudged'] as const
export type AttestationVerdict = (typeof ATTESTATION_VERDICTS)[number]

export const GRADES = ['unvalidated', 'partial', 'validated'] as const
export type Grade = (typeof GRADES)[number]

export const METHODS = ['multi-round', 'best-effort', 'midpoint'] as const
export type Method = (typeof METHODS)[number]

export const HARDWARE_VERDICTS = ['none', 'pass', 'fail'] as const
export type HardwareVerdict = (typeof HARDWARE_VERDICTS)[number]

export interface DomainVerdict {
  readonly domain: string
  /** At least 2f + 1 intervals remain without those that depend on the domain, and the regions meet. */
  readonly survives: boolean
}

/** Each field is certified when exactly one value has f + 1 claims; else it keeps the parent's value and is unresolved. */
export interface CertifiedLeap {
  readonly taiMinusUtcSeconds: number | undefined
  readonly event: LeapEvent | undefined
  readonly resolved: boolean
}

const regionCodec: Codec<Region> = refinedCodec(
  recordCodec<Region>({
    lo: offsetCodec,
    hi: offsetCodec,
    point: offsetCodec,
    method: choiceCodec(METHODS),
    survivors: uintCodec(MEMBERS_MAX),
  }),
  ({ lo, hi, point }) => (lo <= point && point <= hi ? undefined : 'lo <= point <= hi'),
)

const frameCodec: Codec<Frame> = recordCodec<Frame>({
  member: memberIdCodec,
  intervals: uintCodec(MEMBERS_MAX),
  region: optionalCodec(regionCodec),
  verdict: choiceCodec(HARDWARE_VERDICTS),
})

export const certifiedLeapCodec: Codec<CertifiedLeap> = recordCodec<CertifiedLeap>({
  taiMinusUtcSeconds: optionalCodec(uintCodec(1_000)),
  event: optionalCodec(leapEventCodec),
  resolved: booleanCodec,
})

const attestedMemberCodec: Codec<AttestedMember> = recordCodec<AttestedMember>({
  member: memberIdCodec,
  digest: optionalCodec(digestCodec),
  verdict: choiceCodec(ATTESTATION_VERDICTS),
})

/** `gnss`, or `gnss@hall-a`: a domain, the mark and a site. */
const DOMAIN_AT_SITE_CHARACTERS_MAX = 2 * DOMAIN_CHARACTERS_MAX + 1

export const outcomeCodec: Codec<Outcome> = refinedCodec(
  recordCodec<Outcome>({
    frames: listCodec(frameCodec, MEMBERS_MAX),
    grade: choiceCodec(GRADES),
    hardwareConfidencePpm: optionalCodec(uintCodec(1_000_000)),
    domains: listCodec(
      recordCodec<DomainVerdict>({ domain: textCodec(DOMAIN_AT_SITE_CHARACTERS_MAX), survives: booleanCodec }),
      2 * SOURCES_MAX * MEMBERS_MAX,
    ),
    precisionNs: optionalCodec(bigintCodec(0n, (1n << 64n) - 1n)),
    leap: certifiedLeapCodec,
    outliers: listCodec(memberIdCodec, MEMBERS_MAX),
    attestation: listCodec(attestedMemberCodec, MEMBERS_MAX),
  }),
  ({ domains, outliers }) => {
    if (!ascending(domains.map(({ domain }) => domain))) return 'domains sorted, each once'
    return ascending(outliers) ? undefined : 'outliers sorted, each once'
  },
)

/** What a block without proposals certifies: nothing; leap knowledge stays as it was. */
export function emptyOutcome(leap: CertifiedLeap): Outcome {
  return {
    frames: [],
    grade: 'unvalidated',
    hardwareConfidencePpm: undefined,
    domains: [],
    precisionNs: undefined,
    leap,
    outliers: [],
    attestation: [],
  }
}

function ascending(values: readonly (string | number)[]): boolean {
  return values.every((value, index) => {
    const previous = values[index - 1]
    return previous === undefined || previous < value
  })
}
