/**
 * Faults of instruments that no driver can see through: the instrument believes what it says, and says it well. Who finds
 * them is named; a family is listed here only while the trial shows that its samples are wrong indeed.
 */
const BELIEFS: Readonly<Record<string, string>> = {
  'ptp-grandmaster drift': 'a microsecond a second is what an oscillator may do: found by other sources',
  'ptp-grandmaster step-ahead': 'seen and not believed for ten seconds, then the jump is over: found by other sources',
  'ptp-grandmaster step-back':
    'the same, and as long as no request was answered a jump back looks like Syncs that are late',
  'trimble-tsip jump':
    'one second ahead in week, second and calendar alike: found by the numbering and by other sources',
}

export function beliefOf(kind: string, fault: string): string | undefined {
  return BELIEFS[`${kind} ${fault}`]
}
