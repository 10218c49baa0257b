import { AGREEMENT_MUTANTS } from './agreement-mutants.ts'
import type { Mutant } from './mutant.ts'
import { RECORD_MUTANTS } from './record-mutants.ts'
import { VOTING_MUTANTS } from './voting-mutants.ts'

/** Every mistake of the gate. */
export const MUTANTS: readonly Mutant[] = [...VOTING_MUTANTS, ...AGREEMENT_MUTANTS, ...RECORD_MUTANTS]
