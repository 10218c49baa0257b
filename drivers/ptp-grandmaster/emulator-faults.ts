/** What an emulated grandmaster can be told to do wrong. */
export const FAULTS = {
  'step-ahead': 'Its time jumps a millisecond ahead, and back when the fault is over.',
  'step-back': 'Its time jumps a millisecond back, and ahead when the fault is over.',
  drift: 'Its time runs away by a microsecond a second, while it says that all is well.',
  holdover: 'It has lost its reference and holds its time within specification (clockClass 7).',
  degraded: 'It has lost its reference for too long (clockClass 52).',
  'no-reference': 'It never had a reference (clockClass 248).',
  boasts: 'It claims to be right to a picosecond.',
  'unknown-accuracy': 'It does not say how accurate it is.',
  'no-accuracy': 'It says that it may be off by more than ten seconds.',
  'arbitrary-timescale': 'It says that its time is not TAI.',
  uncertain: 'It says that it is not sure of its own accuracy (synchronizationUncertain).',
  'wrong-utc-offset': 'It announces a TAI − UTC that is a second too small, as a valid one.',
  'no-utc-offset': 'It says that its TAI − UTC is not valid.',
  'leap-61': 'It announces a leap second for the end of the day.',
  silence: 'It neither sends nor answers anything.',
  'no-announce': 'It sends no Announces, and all else.',
  'no-sync': 'It sends no Syncs, and all else.',
  'no-follow-up': 'It sends two-step Syncs, and no Follow_Ups.',
  'wrong-follow-up': 'Every Follow_Up carries the number of another Sync.',
  'follow-up-first': 'Every Follow_Up comes before its Sync.',
  'other-step': 'It sends one-step Syncs where it sent two-step ones, or the other way round.',
  'no-delay-response': 'It answers no delay request.',
  'wrong-delay-response': 'Every Delay_Resp carries the number of another request.',
  duplicates: 'It sends every message twice.',
  flood: 'It sends three thousand Syncs a second besides, of a time that is an hour off.',
  garbage: 'One byte in sixteen of every message is replaced by a random one.',
  'half-message': 'Every message breaks off half way.',
  'malformed-tlv': 'Every message ends in a TLV that is longer than the message.',
  'unknown-tlvs': 'Every message ends in TLVs that nobody knows, as it may.',
  'bad-timestamp': 'Its timestamps have more nanoseconds than a second has.',
  'negative-delay': 'Its Syncs claim to have spent ten milliseconds in switches.',
  'huge-correction': 'Its corrections are too large to be any: all ones.',
  'delay-jump': 'A path of half a millisecond more, both ways.',
  'alternate-master': 'Another port that is no master sends Announces and Syncs a second off, flagged so.',
  'second-grandmaster': 'Another grandmaster announces itself in the same domain, and sends Syncs a second off.',
  'identity-swap': 'It has been replaced: another clock identity, everything else as before.',
  'other-domain': 'It has been moved to the next domain.',
} as const

export type FaultName = keyof typeof FAULTS

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}
