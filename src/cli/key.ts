import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseRegisters, SEAL_REGISTERS } from '../attestation/parse-registers.ts'
import { KEY_PURPOSES, type KeyPurpose } from '../crypto/sealed-key.ts'
import type { KeyJob } from './key/key-job.ts'
import { resealKeyFile } from './key/reseal.ts'
import { runKeyJob } from './key/run-key-job.ts'
import { sealKeyFile } from './key/seal.ts'
import { checkSealedKeyFile } from './key/unseal-check.ts'

interface Options {
  readonly tpm: string
  readonly purpose: KeyPurpose
  readonly registers: KeyJob['registers']
  readonly out?: string
  readonly escrow?: string
  readonly removePlain?: true
  readonly dryRun?: true
  readonly log?: string
}

/** `key seal`, `key unseal-check`, `key reseal`: private keys that one TPM alone gives back. */
export function addKeyVerbs(program: Command): void {
  const key = program.command('key').description('Seal private keys to the TPM, and check that they unseal')
  verb(key, 'seal', 'Seal a key file (PEM) under the present values of registers')
    .addOption(registersOption())
    .requiredOption('--out <file>', 'where the sealed key goes; one that is there and unseals is left')
    .option('--remove-plain', 'overwrite and remove the PEM once the sealed key has been unsealed')
    .action((file: string, options: Options) => runKeyJob(file, options, (job) => sealKeyFile(job, options)))
  verb(key, 'unseal-check', 'Check that the TPM unseals a key; the key is not shown').action(
    (file: string, options: Options) => runKeyJob(file, options, checkSealedKeyFile),
  )
  verb(key, 'reseal', 'Seal a key anew, under the present values of other registers, or after they have changed')
    .addOption(registersOption())
    .option('--escrow <file>', 'take the key from this PEM: for a seal that is closed already')
    .action((file: string, options: Options) => runKeyJob(file, options, (job) => resealKeyFile(job, options)))
  key.addHelpText(
    'after',
    '\nExamples:\n  quorumtime key seal keys/signing.pem --purpose signing --out keys/signing.sealed\n  quorumtime key unseal-check keys/signing.sealed --purpose signing\nThe way over a firmware update: docs/keys.md',
  )
}

function verb(key: Command, name: string, description: string): Command {
  return key
    .command(`${name} <file>`)
    .description(description)
    .addOption(new Option('--purpose <purpose>', 'what the key is for').choices(KEY_PURPOSES).makeOptionMandatory())
    .option('--tpm <place>', 'a device, host:port or the socket of a software TPM', '/dev/tpmrm0')
    .option('--dry-run', 'only say what would be done')
    .option('--log <file>', 'append what was done, with the time')
}

function registersOption(): Option {
  return new Option('--registers <bank:numbers>', 'registers that have to stay as they are')
    .default(parseRegisters(SEAL_REGISTERS), SEAL_REGISTERS)
    .argParser((text) => {
      const registers = parseRegisters(text)
      if (registers === undefined) throw new InvalidArgumentError('expected a bank and registers, like sha256:0,2,4,7')
      return registers
    })
}
