/**
 * Accounts for every piece that the framer cut: `pieces` is always the sum of the four next to it, so that a reader can see
 * that nothing was dropped in silence.
 */
export interface Tally {
  pieces: number
  /** Frames that are for timing, health or configuration. */
  framesUnderstood: number
  /** Frames with a right checksum that are for something else. */
  framesOther: number
  sentences: number
  /** Pieces that gave a fault in place of anything else. */
  piecesRefused: number
  /** Among the understood, those that gave a label, and among these the valid ones. */
  labels: number
  labelsValid: number
  /** All faults, also those about labels and those that the rate limit kept from being reported. */
  faults: number
}

export function createTally(): Tally {
  return {
    pieces: 0,
    framesUnderstood: 0,
    framesOther: 0,
    sentences: 0,
    piecesRefused: 0,
    labels: 0,
    labelsValid: 0,
    faults: 0,
  }
}
