import {
  booleanCodec,
  type Codec,
  intCodec,
  listCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  uintCodec,
} from '../../core/encoding.ts'
import { MEMBERS_MAX } from '../membership.ts'
import { WATCHERS_MAX } from './accusers.ts'
import { BIAS_SCORE_MAX, LEARNING_EPOCHS, RECORD_LIMIT_PS } from './bias.ts'
import { SLOW_EPOCHS_MAX } from './delay.ts'
import { INFLATED_EPOCHS_MAX, type InflationRecord } from './inflation.ts'
import type { LinkRecord } from './link-record.ts'
import { USELESS_NS } from './number-range.ts'
import { type Inconsistency, inconsistenciesCodec, type Suspect, suspectsCodec } from './suspicion.ts'

/** What the blocks so far say about how everybody behaves: the records of the detectors, and what they find now. */
export interface BehaviourState {
  /** By member id; empty before the first block. */
  readonly members: readonly MemberRecord[]
  /** Sorted by member, then kind. */
  readonly suspects: readonly Suspect[]
  readonly inconsistencies: readonly Inconsistency[]
}

export interface MemberRecord extends InflationRecord {
  /** When it was last looked at, f + 1 disjoint pairs of others found that it showed them two clocks. */
  readonly twoFaced: boolean
  /** How its watchers see it, in their order (`watchersTable`). */
  readonly links: readonly (LinkRecord | undefined)[]
}

/** No bound or uncertainty that a record holds is larger, and steps of medians go no farther. */
const RECORD_NS_MAX = 2 * USELESS_NS

export const initialBehaviour: BehaviourState = { members: [], suspects: [], inconsistencies: [] }

const linkCodec: Codec<LinkRecord> = recordCodec<LinkRecord>({
  lowPs: intCodec(-RECORD_LIMIT_PS, RECORD_LIMIT_PS),
  highPs: intCodec(-RECORD_LIMIT_PS, RECORD_LIMIT_PS),
  score: intCodec(-LEARNING_EPOCHS, BIAS_SCORE_MAX),
  floorNs: uintCodec(RECORD_NS_MAX),
  usualNs: uintCodec(RECORD_NS_MAX),
  noiseNs: uintCodec(RECORD_NS_MAX),
  slow: uintCodec(SLOW_EPOCHS_MAX),
})

const memberRecordCodec: Codec<MemberRecord> = recordCodec<MemberRecord>({
  tightestNs: optionalCodec(uintCodec(RECORD_NS_MAX)),
  inflated: uintCodec(INFLATED_EPOCHS_MAX),
  twoFaced: booleanCodec,
  links: listCodec(optionalCodec(linkCodec), WATCHERS_MAX),
})

export const behaviourCodec: Codec<BehaviourState> = refinedCodec(
  recordCodec<BehaviourState>({
    members: listCodec(memberRecordCodec, MEMBERS_MAX),
    suspects: suspectsCodec,
    inconsistencies: inconsistenciesCodec,
  }),
  ({ members }) => {
    const watchers = Math.min(WATCHERS_MAX, members.length - 1)
    return members.every(({ links }) => links.length === watchers) ? undefined : 'one link for each watcher'
  },
)
