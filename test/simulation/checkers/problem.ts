/** What a run is counted by; every one of them must be 0. */
export const VIOLATIONS = [
  'forks',
  'containmentViolations',
  'framedHonest',
  'unaccountableForks',
  'invalidCertificates',
  'nonMonotonic',
  'stalls',
  'journalViolations',
  'memoryViolations',
  'misjudgedRecords',
] as const
export type Violation = (typeof VIOLATIONS)[number]

/** Something that no run may show. */
export interface Problem {
  readonly violation: Violation
  readonly message: string
}

export function problem(violation: Violation, message: string): Problem {
  return { violation, message }
}
