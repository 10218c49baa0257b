/**
 * Faults of instruments that no driver can see through: the instrument believes what it says, and says it well. Who finds
 * them is named; a family is listed here only while the trial shows that its samples are wrong indeed.
 */
const BELIEFS: Readonly<Record<string, string>> = {
  'trimble-tsip jump':
    'one second ahead in week, second and calendar alike: found by the numbering and by other sources',
}

export function beliefOf(kind: string, fault: string): string | undefined {
  return BELIEFS[`${kind} ${fault}`]
}
