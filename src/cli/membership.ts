import type { Command } from 'commander'
import type { Result } from '../core/fault.ts'
import { type ExportOptions, exportMembership } from './membership/export.ts'
import { type ProposeOptions, propose } from './membership/propose.ts'
import type { ShowOptions } from './membership/say-order.ts'
import { show } from './membership/show.ts'
import { type SignOptions, sign } from './membership/sign.ts'
import { type SubmitOptions, submit } from './membership/submit.ts'
import { reportFault } from './terminal.ts'

/** `membership propose | sign | show | submit | export`: orders of operators that change who takes part. Only `submit` needs an agent. */
export function addMembershipVerbs(program: Command): void {
  const membership = program
    .command('membership')
    .description('Make, sign, show and submit orders that change the membership')
  trusting(membership.command('propose <changes>'))
    .description('Make an order that nobody has signed yet, from the present membership and a TOML file of changes')
    .requiredOption('--out <file>', 'where to write it; an existing file is not overwritten')
    .option('--json', 'one JSON object')
    .addHelpText('after', PROPOSE_HELP)
    .action(async (changes: string, options: ProposeOptions) => finish(await propose(changes, options)))
  trusting(membership.command('sign <order>'))
    .description("Add an operator's signature to those that an order has; offline, where the operator keeps the key")
    .requiredOption('--operator <name>', 'who signs')
    .requiredOption('--key <file>', "the operator's private key")
    .requiredOption('--out <file>', 'where to write the order; an existing file is not overwritten')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  quorumtime membership sign add-ts4.qto --genesis genesis.cbor --operator alice --key alice.pem --out add-ts4.alice.qto',
    )
    .action(async (order: string, options: SignOptions) => finish(await sign(order, options)))
  trusting(membership.command('show <file>'))
    .description(
      'Say what an order or a sessions file changes and who has signed it; a signature that is false ends with 1',
    )
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  quorumtime membership show add-ts4.qto --genesis genesis.cbor')
    .action(async (file: string, options: ShowOptions) => finish(await show(file, options)))
  membership
    .command('submit <order>')
    .description('Verify an order in full and hand it to the agent that runs here, which shows it to its cluster')
    .requiredOption('--config <file>', "the running agent's configuration")
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  quorumtime membership submit add-ts4.qto --config /etc/quorumtime/config.toml')
    .action(async (order: string, options: SubmitOptions) => finish(await submit(order, options)))
  membership
    .command('export')
    .description('Write down what leads to the present membership, for appliances that are to join and for orders')
    .requiredOption('--config <file>', 'the configuration of any member; its agent may run or not')
    .requiredOption('--out <folder>', 'where genesis.cbor, genesis.signatures.cbor and sessions.cbor go')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  quorumtime membership export --config /etc/quorumtime/config.toml --out rack-7',
    )
    .action(async (options: ExportOptions) => finish(await exportMembership(options)))
}

const PROPOSE_HELP = `
Changes (all of them optional; what is not named stays as it is):
  targetPrecisionNs = 500
  acceptSingleDomain = ["gnss"]
  operatorThreshold = 2
  [[remove]]
  name = "ts3"
  [[replaceKey]]                  # a new key for a member that stays
  name = "ts1"
  signingKey = "ts1-signing.pem"  # public key: a PEM file, or hexadecimal digits
  tlsKeyHash = "ts1-tls.pem"      # public key: a PEM file, or its SHA-384 in hexadecimal digits
  [[add]]
  name = "ts4"
  site = "roof"
  signingKey = "ts4-signing.pem"
  tlsKeyHash = "ts4-tls.pem"
  [raiseEra]                      # the way out of a wrong future: epochs are counted anew
  genesisTaiSeconds = 1796000037

Example:
  quorumtime membership propose add-ts4.toml --genesis genesis.cbor --out add-ts4.qto`

function trusting(command: Command): Command {
  return command
    .requiredOption('--genesis <file>', 'genesis file of the cluster, from a source you trust')
    .option('--sessions <file>', 'how the membership has changed since (sessions.cbor of any member)')
}

function finish(result: Result<void>): void {
  if (!result.ok) reportFault(result.fault)
}
