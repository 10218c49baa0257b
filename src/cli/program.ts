import { Command } from 'commander'
import { bringSha2 } from '../core/hash.ts'
import { NATIVE_SHA2 } from '../crypto/native-sha2.ts'
import { addAgentVerb } from './agent.ts'
import { addCalibrateVerb } from './calibrate.ts'
import { addCertificateVerbs } from './certificate.ts'
import { addCheckConfigVerb } from './check-config.ts'
import { addDemoVerb } from './demo.ts'
import { addDriversVerb } from './drivers.ts'
import { addEmulateVerb } from './emulate.ts'
import { addEvidenceVerbs } from './evidence.ts'
import { addKeyVerbs } from './key.ts'
import { addMembershipVerbs } from './membership.ts'
import { addPtpStateVerb } from './ptp-state.ts'
import { addRecordVerb } from './record.ts'
import { addReplayVerb } from './replay.ts'
import { addStatusVerbs } from './status.ts'

/** The command line: one file per verb. */
export async function runProgram(): Promise<void> {
  bringSha2(NATIVE_SHA2)
  const program = new Command('quorumtime')
    .description('Time that appliances agree on although some of them lie, signed with ML-DSA-87')
    .version('0.1.0')
    .showHelpAfterError('(--help explains)')
  addAgentVerb(program)
  addCheckConfigVerb(program)
  addCalibrateVerb(program)
  addDemoVerb(program)
  addStatusVerbs(program)
  addCertificateVerbs(program)
  addEvidenceVerbs(program)
  addMembershipVerbs(program)
  addKeyVerbs(program)
  addRecordVerb(program)
  addReplayVerb(program)
  addEmulateVerb(program)
  addPtpStateVerb(program)
  addDriversVerb(program)
  await program.parseAsync()
}
