import type { Command } from 'commander'
import { findUnenrolled } from '../agent/attestation/own-enrolment.ts'
import { describeGuards, findUnsealed } from '../agent/keys/guards.ts'
import { type Keys, loadKeys } from '../agent/keys/load-keys.ts'
import { findOwnSession } from '../agent/own-session.ts'
import { peersOfSession } from '../agent/peer-directory.ts'
import { readSessions } from '../agent/session-file.ts'
import { readGenesis } from '../config/genesis.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import { readConfiguration } from '../config/parse.ts'
import type { Configuration } from '../config/schema.ts'
import { type Membership, quorumOf } from '../consensus/membership.ts'
import { type Fault, ok, type Result } from '../core/fault.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

/** `check-config`: everything that can be found wrong before an agent starts. */
export function addCheckConfigVerb(program: Command): void {
  program
    .command('check-config')
    .description('Check a configuration, its genesis and its keys without starting anything')
    .requiredOption('--config <file>', 'configuration (TOML)')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  quorumtime check-config --config /etc/quorumtime/config.toml')
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const checked = await check(config)
      if (!checked.ok) return reportFault(checked.fault)
      const { configuration, membership, keys } = checked.value
      if (json === true)
        printJson({ type: 'configuration', file: config, valid: true, ...summary(configuration, membership, keys) })
      else explain(config, checked.value)
    })
}

interface Checked {
  readonly configuration: Configuration
  readonly membership: Membership
  readonly keys: Keys
  /** Keys that nothing guards or that are not enrolled, and members of a later session whose addresses are not configured. */
  readonly warnings: readonly Fault[]
}

async function check(file: string): Promise<Result<Checked>> {
  const configuration = readConfiguration(file)
  if (!configuration.ok) return configuration
  const { genesis, stateDirectory } = configuration.value.node
  const first = readGenesis(genesis)
  if (!first.ok) return first
  const chain = readSessions(stateDirectory, first.value)
  if (!chain.ok) return chain
  const keys = await loadKeys(configuration.value)
  if (!keys.ok) return keys
  const own = findOwnSession(configuration.value, chain.value, keys.value)
  if (!own.ok) return own
  const { membership } = own.value.session
  const peers = peersOfSession(configuration.value, membership)
  if (!peers.ok) return peers
  const leapTable = readLeapTable(configuration.value.node.leapSecondsList)
  if (!leapTable.ok) return leapTable
  const unenrolled = findUnenrolled(configuration.value.attestation, keys.value)
  if (!unenrolled.ok) return unenrolled
  const warnings = [...findUnsealed(keys.value, configuration.value), ...unenrolled.value, ...peers.value.missing]
  return ok({ configuration: configuration.value, membership, keys: keys.value, warnings })
}

function summary({ node, sources }: Configuration, membership: Membership, { signing, tls }: Keys): object {
  const domains = new Set(sources.filter(({ role }) => role === 'time').map(({ domain }) => domain))
  return {
    node: node.name,
    cluster: membership.cluster,
    ...quorumOf(membership.members.length),
    sources: sources.map(({ name, kind, role, domain }) => ({ name, kind, role, domain })),
    keys: { signing: signing.map(({ guard }) => guard), tls: tls.map(({ guard }) => guard) },
    failureDomains: [...domains].sort(),
  }
}

function explain(file: string, { configuration, membership, keys, warnings }: Checked): void {
  const { node, sources } = configuration
  const { n, f, q } = quorumOf(membership.members.length)
  printLine(`${file}: valid`)
  printLine(`${node.name} is one of ${n} appliances of cluster "${membership.cluster}"; ${q} decide, ${f} may lie`)
  for (const { name, kind, role, domain, ...source } of sources) {
    const pulse = source.pulseSocket ?? source.pulseDevice
    printLine(
      `  source ${name}: ${kind}, ${role}, domain ${domain}${pulse === undefined ? ', no pulse: good to 100 ms' : `, pulse ${pulse}`}`,
    )
  }
  printLine(`  ${describeGuards(keys)}`)
  for (const { message } of warnings) printLine(`warning: ${message}`)
  const time = sources.filter(({ role }) => role === 'time')
  const domains = new Set(time.map(({ domain }) => domain))
  if (time.length === 0) printLine('note: no time source; this appliance serves certified time only')
  else if (domains.size === 1)
    printLine('note: all time sources share one failure domain, so nothing here can contradict it')
}
