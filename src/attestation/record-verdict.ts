/**
 * What a record is worth, from good to bad, in the order of the formats that carry it: all as the policy asks, nothing that
 * could be judged, not so, and not so where the policy refuses that.
 */
export const RECORD_VERDICTS = ['verified', 'none', 'flagged', 'refused'] as const
export type RecordVerdict = (typeof RECORD_VERDICTS)[number]

/** What stands until the next record is judged; the others vouch for one record alone. */
export function isBad(verdict: RecordVerdict): boolean {
  return verdict === 'refused' || verdict === 'flagged'
}
