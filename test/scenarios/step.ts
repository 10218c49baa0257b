/** One line of a scenario, read. Instants are virtual, in ns since the start; the mark of epoch k is at k seconds. */
export interface Step {
  readonly line: number
  readonly text: string
  readonly atNs: bigint
  readonly action: Action
}

export type Action =
  | { readonly kind: 'kill' | 'restart' | 'lose-clock' | 'find-clock'; readonly who: readonly Who[] }
  | { readonly kind: 'cut'; readonly sides: readonly (readonly Who[])[] }
  | { readonly kind: 'deaf'; readonly who: Who; readonly to: Who }
  | { readonly kind: 'heal' }
  /** The member dies as soon as it has sent its word of this kind. */
  | { readonly kind: 'kill-after'; readonly who: Who; readonly word: Word }
  /** What a member sends of this kind reaches these alone. */
  | { readonly kind: 'only-to'; readonly who: Who; readonly word: Word; readonly to: readonly Who[] }
  /** Everybody gets its block, and these another one before it, signed as well. */
  | { readonly kind: 'two-blocks'; readonly who: Who; readonly to: readonly Who[] }
  | { readonly kind: 'expect-epoch'; readonly epoch: number; readonly where: readonly Who[] }
  | { readonly kind: 'expect-nothing-after'; readonly epoch: number; readonly where: readonly Who[] }
  | { readonly kind: 'expect-skipped'; readonly epoch: number; readonly where: readonly Who[] }
  | { readonly kind: 'expect-convicted'; readonly who: Who; readonly what: string }
  | { readonly kind: 'expect-nobody-convicted' }

export const WORDS = ['proposal', 'block', 'notarize', 'nullify', 'finalize', 'votes'] as const
export type Word = (typeof WORDS)[number]

/**
 * `leader` and `next leader`: of the view of most members when the step is taken; `killed`: whoever a step before has
 * killed; `survivors`: who is up.
 */
export type Who = number | 'leader' | 'next leader' | 'killed' | 'survivors' | 'all'

export interface Scenario {
  readonly file: string
  readonly members: number
  readonly seed: number
  readonly delayNsMax: bigint
  readonly steps: readonly Step[]
}
