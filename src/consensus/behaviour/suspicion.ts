import { type Codec, choiceCodec, listCodec, recordCodec, refinedCodec } from '../../core/encoding.ts'
import { MEMBERS_MAX } from '../membership.ts'
import { memberIdCodec } from '../proposal.ts'

/** What a member can be suspected of. The order is part of the format. */
export const SUSPICIONS = [
  'deviation',
  'bias',
  'two-faced',
  'pair',
  'coordination',
  'inflation',
  'delay',
  'absence',
] as const
export type Suspicion = (typeof SUSPICIONS)[number]

export interface Suspect {
  readonly member: number
  readonly kind: Suspicion
}

/** Members whose rows contradict each other, a pair or a triangle, ascending: it can not be said whose is wrong. */
export type Inconsistency = readonly number[]

/** More of them say no more: the first ones in order are kept. */
export const INCONSISTENCIES_MAX = 8

export const suspectsCodec: Codec<readonly Suspect[]> = refinedCodec(
  listCodec(
    recordCodec<Suspect>({ member: memberIdCodec, kind: choiceCodec(SUSPICIONS) }),
    MEMBERS_MAX * SUSPICIONS.length,
  ),
  (suspects) => {
    const ranks = suspects.map(({ member, kind }) => member * SUSPICIONS.length + SUSPICIONS.indexOf(kind))
    return ascending(ranks) ? undefined : 'suspects sorted by member and kind, each once'
  },
)

export const inconsistenciesCodec: Codec<readonly Inconsistency[]> = listCodec(
  refinedCodec(listCodec(memberIdCodec, 3, 2), (members) =>
    ascending(members) ? undefined : 'members sorted, each once',
  ),
  INCONSISTENCIES_MAX,
)

function ascending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] ?? value) < value)
}
