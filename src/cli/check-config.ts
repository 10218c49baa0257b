import type { Command } from 'commander'
import { loadIdentity } from '../agent/identity.ts'
import { resolvePeers } from '../agent/peer-directory.ts'
import { readGenesis } from '../config/genesis.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import { readConfiguration } from '../config/parse.ts'
import type { Configuration } from '../config/schema.ts'
import { type Membership, quorumOf } from '../consensus/membership.ts'
import { ok, type Result } from '../core/fault.ts'
import { printJson, printLine, reportFault } from './terminal.ts'

/** `check-config`: everything that can be found wrong before an agent starts. */
export function addCheckConfigVerb(program: Command): void {
  program
    .command('check-config')
    .description('Check a configuration, its genesis and its keys without starting anything')
    .requiredOption('--config <file>', 'configuration (TOML)')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  quorumtime check-config --config /etc/quorumtime/config.toml')
    .action(({ config, json }: { config: string; json?: boolean }) => {
      const checked = check(config)
      if (!checked.ok) return reportFault(checked.fault)
      const { configuration, membership } = checked.value
      if (json === true)
        printJson({ type: 'configuration', file: config, valid: true, ...summary(configuration, membership) })
      else explain(config, configuration, membership)
    })
}

function check(file: string): Result<{ configuration: Configuration; membership: Membership }> {
  const configuration = readConfiguration(file)
  if (!configuration.ok) return configuration
  const membership = readGenesis(configuration.value.node.genesis)
  if (!membership.ok) return membership
  const identity = loadIdentity(configuration.value, membership.value)
  if (!identity.ok) return identity
  const peers = resolvePeers(configuration.value, membership.value)
  if (!peers.ok) return peers
  const leapTable = readLeapTable(configuration.value.node.leapSecondsList)
  if (!leapTable.ok) return leapTable
  return ok({ configuration: configuration.value, membership: membership.value })
}

function summary({ node, sources }: Configuration, membership: Membership): object {
  const domains = new Set(sources.filter(({ role }) => role === 'time').map(({ domain }) => domain))
  return {
    node: node.name,
    cluster: membership.cluster,
    ...quorumOf(membership.members.length),
    sources: sources.map(({ name, kind, role, domain }) => ({ name, kind, role, domain })),
    failureDomains: [...domains].sort(),
  }
}

function explain(file: string, { node, sources }: Configuration, membership: Membership): void {
  const { n, f, q } = quorumOf(membership.members.length)
  printLine(`${file}: valid`)
  printLine(`${node.name} is one of ${n} appliances of cluster "${membership.cluster}"; ${q} decide, ${f} may lie`)
  for (const { name, kind, role, domain, ...source } of sources) {
    const pulse = source.pulseSocket ?? source.pulseDevice
    printLine(
      `  source ${name}: ${kind}, ${role}, domain ${domain}${pulse === undefined ? ', no pulse: good to 100 ms' : `, pulse ${pulse}`}`,
    )
  }
  const time = sources.filter(({ role }) => role === 'time')
  const domains = new Set(time.map(({ domain }) => domain))
  if (time.length === 0) printLine('note: no time source; this appliance serves certified time only')
  else if (domains.size === 1)
    printLine('note: all time sources share one failure domain, so nothing here can contradict it')
}
