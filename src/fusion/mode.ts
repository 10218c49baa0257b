/** How good the node clock is, as one word. */
export type ClockMode = 'acquiring' | 'locked' | 'holdover' | 'free-running'

/** What a mode is decided by. */
export interface ModeInput {
  /** The bound that the agreeing sources alone give, ns; undefined: none agree. */
  readonly sourcesBoundNs: bigint | undefined
  /** The bound of the node clock, ns; undefined: there is no node clock yet. */
  readonly boundNs: bigint | undefined
}

export interface ModeLimits {
  /** Sources lock the clock when both bounds are at or below this, ns. */
  readonly lockNs: bigint
  /** A locked clock stays locked up to this bound, ns; above lockNs, so that the mode does not flap. */
  readonly unlockNs: bigint
  /** Holdover ends above this bound, ns. */
  readonly holdoverNs: bigint
}

export const MODE_LIMITS: ModeLimits = { lockNs: 1_000_000n, unlockNs: 2_000_000n, holdoverNs: 1_000_000n }

/**
 * acquiring → locked → holdover → free-running, by the bound, with hysteresis. `acquiring` is only ever left: a clock
 * that was locked once is in holdover or free-running afterwards, and only sources bring it back from there.
 */
export function nextMode(mode: ClockMode, input: ModeInput, limits: ModeLimits = MODE_LIMITS): ClockMode {
  const { sourcesBoundNs, boundNs } = input
  const lockedUpToNs = mode === 'locked' ? limits.unlockNs : limits.lockNs
  const within = (bound: bigint | undefined, limit: bigint): boolean => bound !== undefined && bound <= limit
  if (within(sourcesBoundNs, lockedUpToNs) && within(boundNs, lockedUpToNs)) return 'locked'
  if (mode === 'acquiring' || mode === 'free-running') return mode
  return within(boundNs, limits.holdoverNs) ? 'holdover' : 'free-running'
}

/**
 * PTP clockClass (IEEE 1588-2019 table 4) of a mode, and of nothing else: 6 locked to a primary reference, 7 holdover in
 * specification, 52 out of it, 248 never synchronised. 187, for a grandmaster that may follow another, is not used: an
 * appliance follows its instruments.
 */
export function clockClassOf(mode: ClockMode): 6 | 7 | 52 | 248 {
  switch (mode) {
    case 'locked':
      return 6
    case 'holdover':
      return 7
    case 'free-running':
      return 52
    case 'acquiring':
      return 248
  }
}
