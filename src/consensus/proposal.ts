import { RECORD_VERDICTS, type RecordVerdict } from '../attestation/record-verdict.ts'
import {
  bigintCodec,
  booleanCodec,
  bytesCodec,
  type Codec,
  choiceCodec,
  decode,
  encode,
  listCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  textCodec,
  uintCodec,
} from '../core/encoding.ts'
import type { Result } from '../core/fault.ts'
import { remembered } from '../core/remembered.ts'
import { INSTANT_LIMIT_NS, type RangingNs, type TaiNs } from '../core/time.ts'
import { DIGEST_BYTES, MEMBERS_MAX } from './membership.ts'

/**
 * What one appliance says once per epoch: its clocks read at one instant, what its hardware is worth, how its ranging
 * clock stands to the others', and what it knows of leap seconds. Signed, journalled, one per member and epoch.
 */
export interface Proposal extends ClockReading {
  readonly era: number
  readonly epoch: number
  /** The block that the proposer would build on. */
  readonly parent: Uint8Array
  readonly mode: ClockMode
  /** Every source that it has, with the verdict of its own selection. Sorted by name. */
  readonly sources: readonly SourceVerdict[]
  /** Its row of the ranging matrix. Sorted by peer. */
  readonly ranging: readonly RangingEntry[]
  /** Its links to the other members. Sorted by peer. Diagnosis only. */
  readonly links: readonly LinkState[]
  readonly leap: LeapClaim | undefined
  /** Merkle root of what users asked to be time-stamped; undefined when nothing was. */
  readonly stampRoot: Uint8Array | undefined
  /** What it says of the other members' attestation records. Sorted by member, each once. */
  readonly verdicts: readonly RecordJudged[]
}

/** What one member says of the attestation record of another. */
export interface RecordJudged {
  readonly member: number
  /**
   * Of which record: its SHA-384. Undefined: of none, since the member shows no record that could be judged, whatever its
   * headers name. That counts only where f + 1 members do not say the same thing of the record that the header names.
   */
  readonly digest: Uint8Array | undefined
  readonly verdict: RecordVerdict
}

/** The clock part of a proposal and of a Hello: all read at one instant, the mark. */
export interface ClockReading {
  /** Random, new at every start of the process. */
  readonly bootId: Uint8Array
  /** Counts up whenever the ranging clock starts afresh within one boot. */
  readonly segment: number
  /** R_i at the mark. */
  readonly rangingNs: RangingNs
  /** N_i ± ε_i at the mark; undefined when no source carries it. */
  readonly nodeClock: NodeClockClaim | undefined
  /** ρ_i: bound on the rate error of R_i, ppb, rounded up. */
  readonly rangingRatePpb: bigint
}

export interface NodeClockClaim {
  readonly taiNs: TaiNs
  readonly boundNs: bigint
}

export const CLOCK_MODES = ['acquiring', 'locked', 'holdover', 'free-running'] as const
export type ClockMode = (typeof CLOCK_MODES)[number]

export const SOURCE_CLASSES = ['caesium', 'rubidium', 'gpsdo', 'gnss', 'ptp', 'serial'] as const
export type SourceClass = (typeof SOURCE_CLASSES)[number]

/** `selected` sources carry the node clock; `falseticker` ones were outvoted; `abstaining` ones had nothing to say. */
export const SOURCE_STATES = ['selected', 'falseticker', 'abstaining', 'frequency', 'label'] as const
export type SourceState = (typeof SOURCE_STATES)[number]

export interface SourceVerdict {
  readonly name: string
  readonly class: SourceClass
  /** What makes it fail together with others: `gnss`, `caesium`, `ptp:001122fffe334455`. */
  readonly domain: string
  readonly state: SourceState
  /** Its offset from the node clock (reference − local), when it has one. */
  readonly offsetNs: bigint | undefined
}

/** R_peer − R_self ∈ φ ± u, `ageNs` before the mark, between these very segments. */
export interface RangingEntry {
  readonly peer: number
  readonly bootId: Uint8Array
  readonly segment: number
  readonly phiNs: bigint
  readonly uncertaintyNs: bigint
  readonly ageNs: bigint
}

export interface LinkState {
  readonly peer: number
  readonly up: boolean
  readonly roundTripNs: bigint | undefined
  readonly lossPpm: number
}

export interface LeapClaim {
  readonly taiMinusUtcSeconds: number
  readonly event: LeapEvent | undefined
  /** The claim is void from here on. */
  readonly validUntil: TaiNs
}

/** From `at` on, TAI − UTC is `taiMinusUtcSeconds`. */
export interface LeapEvent {
  readonly at: TaiNs
  readonly taiMinusUtcSeconds: number
}

export const BOOT_ID_BYTES = 16
/** More than an appliance has, and few enough that what f liars name of a hundred members fits into a block with room to spare. */
export const SOURCES_MAX = 16
export const DOMAIN_CHARACTERS_MAX = 64

/** Stands between a domain and a site in an outcome (`gnss@hall-a`), so it may stand in no domain of a source. */
const SITE_MARK = '@'

const instantCodec = <T extends bigint>(): Codec<T> => bigintCodec<T>(-INSTANT_LIMIT_NS, INSTANT_LIMIT_NS)
export const offsetCodec: Codec<bigint> = instantCodec()
const durationCodec: Codec<bigint> = bigintCodec(0n, INSTANT_LIMIT_NS)
export const digestCodec: Codec<Uint8Array> = bytesCodec(DIGEST_BYTES)
export const memberIdCodec: Codec<number> = uintCodec(MEMBERS_MAX - 1)
export const leapEventCodec: Codec<LeapEvent> = recordCodec<LeapEvent>({
  at: instantCodec<TaiNs>(),
  taiMinusUtcSeconds: uintCodec(1_000),
})

const clockReadingFields = {
  bootId: bytesCodec(BOOT_ID_BYTES),
  segment: uintCodec(),
  rangingNs: instantCodec<RangingNs>(),
  nodeClock: optionalCodec(recordCodec<NodeClockClaim>({ taiNs: instantCodec<TaiNs>(), boundNs: durationCodec })),
  rangingRatePpb: bigintCodec(0n, 1_000_000_000n),
} as const

export const clockReadingCodec: Codec<ClockReading> = recordCodec<ClockReading>(clockReadingFields)

const recordJudgedCodec: Codec<RecordJudged> = refinedCodec(
  recordCodec<RecordJudged>({
    member: memberIdCodec,
    digest: optionalCodec(digestCodec),
    verdict: choiceCodec(RECORD_VERDICTS),
  }),
  ({ digest, verdict }) =>
    digest === undefined && verdict === 'verified' ? 'the digest of what was verified' : undefined,
)

/** Peers ascending, each once. */
function sortedByPeer(entries: readonly { readonly peer: number }[]): boolean {
  return entries.every((entry, index) => index === 0 || (entries[index - 1]?.peer ?? -1) < entry.peer)
}

const sourceVerdictCodec: Codec<SourceVerdict> = recordCodec<SourceVerdict>({
  name: textCodec(64),
  class: choiceCodec(SOURCE_CLASSES),
  domain: refinedCodec(textCodec(DOMAIN_CHARACTERS_MAX), (domain) =>
    domain.includes(SITE_MARK) ? `a domain without "${SITE_MARK}"` : undefined,
  ),
  state: choiceCodec(SOURCE_STATES),
  offsetNs: optionalCodec(offsetCodec),
})

const rangingEntryCodec: Codec<RangingEntry> = recordCodec<RangingEntry>({
  peer: memberIdCodec,
  bootId: bytesCodec(BOOT_ID_BYTES),
  segment: uintCodec(),
  phiNs: offsetCodec,
  uncertaintyNs: durationCodec,
  ageNs: durationCodec,
})

const linkStateCodec: Codec<LinkState> = recordCodec<LinkState>({
  peer: memberIdCodec,
  up: booleanCodec,
  roundTripNs: optionalCodec(durationCodec),
  lossPpm: uintCodec(1_000_000),
})

export const proposalCodec: Codec<Proposal> = refinedCodec(
  recordCodec<Proposal>({
    era: uintCodec(),
    epoch: uintCodec(),
    parent: digestCodec,
    ...clockReadingFields,
    mode: choiceCodec(CLOCK_MODES),
    sources: listCodec(sourceVerdictCodec, SOURCES_MAX),
    ranging: listCodec(rangingEntryCodec, MEMBERS_MAX),
    links: listCodec(linkStateCodec, MEMBERS_MAX),
    leap: optionalCodec(
      recordCodec<LeapClaim>({
        taiMinusUtcSeconds: uintCodec(1_000),
        event: optionalCodec(leapEventCodec),
        validUntil: instantCodec<TaiNs>(),
      }),
    ),
    stampRoot: optionalCodec(bytesCodec(32)),
    verdicts: listCodec(recordJudgedCodec, MEMBERS_MAX),
  }),
  ({ sources, ranging, links, verdicts }) => {
    if (!sortedByPeer(ranging)) return 'ranging entries sorted by peer, each peer once'
    if (!sortedByPeer(links)) return 'links sorted by peer, each peer once'
    const judged = verdicts.every(({ member }, index) => index === 0 || (verdicts[index - 1]?.member ?? -1) < member)
    if (!judged) return 'verdicts sorted by member, each member once'
    const named = sources.every((source, index) => index === 0 || (sources[index - 1]?.name ?? '') < source.name)
    return named ? undefined : 'sources sorted by name, each name once'
  },
)

/** The canonical encoding. Values that have none give bytes that no decoder takes. */
export const proposalBytes = remembered((proposal: Proposal) => encode(proposalCodec, proposal))

/**
 * Whether every value is in the range that the codec gives it; the fault says where. Every member asks this of a proposal,
 * and every list that it stands on; of one that was decoded it is known.
 */
export const rangesOfProposal = remembered(
  (proposal: Proposal): Result<Proposal> => decode(proposalCodec, proposalBytes(proposal), ''),
)
