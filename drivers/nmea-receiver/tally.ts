/**
 * Accounts for every piece that the framer cut: `pieces` is always the sum of the five next to it, so that a reader can
 * see that nothing was dropped in silence.
 */
export interface Tally {
  pieces: number
  /** Time sentences that gave a label, valid or not. */
  labels: number
  /** Time sentences without a time or a date, as before the first fix. */
  sentencesWithoutTime: number
  /** GGA, GSA, GSV. */
  sentencesHealth: number
  /** Good sentences that are not for timing. */
  sentencesOther: number
  /** Pieces that gave a fault in place of anything else: noise, cut, too long, checksum, field. */
  piecesRefused: number
  /** Among the labels, those that the instrument vouches for and nothing speaks against. */
  labelsValid: number
  /** All faults, also those about labels and those that the rate limit kept from being reported. */
  faults: number
}

export function createTally(): Tally {
  return {
    pieces: 0,
    labels: 0,
    sentencesWithoutTime: 0,
    sentencesHealth: 0,
    sentencesOther: 0,
    piecesRefused: 0,
    labelsValid: 0,
    faults: 0,
  }
}
