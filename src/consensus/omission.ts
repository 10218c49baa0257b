import { type Codec, listCodec, recordCodec, refinedCodec, uintCodec } from '../core/encoding.ts'
import { MEMBERS_MAX, quorumOf } from './membership.ts'
import { memberIdCodec } from './proposal.ts'

/**
 * So many blocks in a row have to leave a member out before it is called absent. Fewer say that its proposals came late,
 * which happens to honest members of a busy machine or link; who runs also lists itself whenever it leads.
 */
export const ABSENT_BLOCKS = 8

/** The unbroken run of newest blocks that all left a member out. */
export interface Omission {
  /** How many they are; more than `ABSENT_BLOCKS` would say nothing more, and are not counted. */
  readonly blocks: number
  /** Their distinct leaders, sorted; more than f + 1 would say nothing more, and are not kept. */
  readonly leaders: readonly number[]
}

export const notOmitted: Omission = { blocks: 0, leaders: [] }

/** The run after one more block, by `leader`, that leaves the member out. */
export function nextOmission({ blocks, leaders }: Omission, leader: number, f: number): Omission {
  const isKnown = leaders.length >= f + 1 || leaders.includes(leader)
  return {
    blocks: Math.min(ABSENT_BLOCKS, blocks + 1),
    leaders: isKnown ? leaders : [...leaders, leader].sort((a, b) => a - b),
  }
}

/** Left out for longer than lateness explains, and by more leaders than may lie. */
export function isAbsent({ blocks, leaders }: Omission, f: number): boolean {
  return blocks >= ABSENT_BLOCKS && leaders.length >= f + 1
}

/** f + 1 in the largest cluster. */
const LEADERS_MAX = quorumOf(MEMBERS_MAX).f + 1

const leadersCodec: Codec<readonly number[]> = refinedCodec(listCodec(memberIdCodec, LEADERS_MAX), (leaders) =>
  leaders.every((leader, index) => index === 0 || (leaders[index - 1] ?? -1) < leader)
    ? undefined
    : 'leaders sorted, each once',
)

export const omissionCodec: Codec<Omission> = refinedCodec(
  recordCodec<Omission>({ blocks: uintCodec(ABSENT_BLOCKS), leaders: leadersCodec }),
  ({ blocks, leaders: { length } }) => {
    const fits = blocks === 0 ? length === 0 : length > 0 && (blocks === ABSENT_BLOCKS || length <= blocks)
    return fits ? undefined : `leaders of ${blocks} blocks, got ${length}`
  },
)
