import { AGREEMENT_MUTANTS } from './agreement-mutants.ts'
import { ANNOUNCEMENT_MUTANTS } from './announcement-mutants.ts'
import { ATTESTATION_MUTANTS } from './attestation-mutants.ts'
import { BEHAVIOUR_MUTANTS } from './behaviour-mutants.ts'
import { EVIDENCE_MUTANTS } from './evidence-mutants.ts'
import { KEY_MUTANTS } from './key-mutants.ts'
import { LOCAL_CLOCK_MUTANTS } from './local-clock-mutants.ts'
import type { Mutant } from './mutant.ts'
import { RANGING_MUTANTS } from './ranging-mutants.ts'
import { RECEIVER_MUTANTS } from './receiver-mutants.ts'
import { RECORD_MUTANTS } from './record-mutants.ts'
import { SESSION_MUTANTS } from './session-mutants.ts'
import { STAMP_MUTANTS } from './stamp-mutants.ts'
import { VERDICT_MUTANTS } from './verdict-mutants.ts'
import { VOTING_MUTANTS } from './voting-mutants.ts'

/** Every mistake of the gate. */
export const MUTANTS: readonly Mutant[] = [
  ...VOTING_MUTANTS,
  ...ATTESTATION_MUTANTS,
  ...AGREEMENT_MUTANTS,
  ...VERDICT_MUTANTS,
  ...RECORD_MUTANTS,
  ...EVIDENCE_MUTANTS,
  ...SESSION_MUTANTS,
  ...BEHAVIOUR_MUTANTS,
  ...ANNOUNCEMENT_MUTANTS,
  ...STAMP_MUTANTS,
  ...RANGING_MUTANTS,
  ...LOCAL_CLOCK_MUTANTS,
  ...RECEIVER_MUTANTS,
  ...KEY_MUTANTS,
]
