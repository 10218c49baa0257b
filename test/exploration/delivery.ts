import type { VoteType } from '../../src/consensus/quorum-certificate.ts'

/** A block by its number in the universe; a nullification names none. */
export type Label = number
export const NO_BLOCK: Label = -1

/** One thing that can happen to one honest member. */
export type Delivery =
  /** The leader's signed block. */
  | { readonly kind: 'block'; readonly label: Label }
  /** The content of a block, as the answer to a question. */
  | { readonly kind: 'bytes'; readonly label: Label }
  /** A whole certificate. */
  | { readonly kind: 'quorum'; readonly type: VoteType; readonly view: number; readonly label: Label }
  /** The vote of one other member. */
  | {
      readonly kind: 'vote'
      readonly sender: number
      readonly type: VoteType
      readonly view: number
      readonly label: Label
    }
  /** A block with its finalization. */
  | { readonly kind: 'final'; readonly label: Label }
  /** The timers of the view run out. */
  | { readonly kind: 'timer' }
  /** It dies and starts again from its journal. */
  | { readonly kind: 'crash' }

/** Something that an honest member has signed and sent, which from then on may reach anybody at any time. */
export interface Said {
  readonly type: 'block' | VoteType
  readonly view: number
  readonly label: Label
}

export function keyOf(delivery: Delivery): string {
  return Object.values(delivery).join(' ')
}
