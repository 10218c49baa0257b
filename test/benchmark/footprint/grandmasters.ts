import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createNetworkNamespaces, type NetworkNamespaces } from '../../hil/network-namespaces.ts'
import type { Scope } from '../../support/scope.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** A switch with a namespace for each agent, and one more where the grandmasters stand. */
export async function openRack(scope: Scope, nodes: number): Promise<NetworkNamespaces> {
  const network = await createNetworkNamespaces(nodes + 1)
  if ('absent' in network) throw new Error(network.absent)
  scope.after(() => network.remove())
  return network
}

/** Emulated grandmasters on the last host, one in each domain from 0 on; they stand there locked to the truth. */
export function startGrandmasters(scope: Scope, network: NetworkNamespaces, host: number, count: number): void {
  for (const domain of domains(count)) {
    const words = ['emulate', 'ptp-grandmaster', '--interface', 'uplink', '--options', JSON.stringify({ domain })]
    const [command = '', ...rest] = [...network.within(host), process.execPath, MAIN, ...words]
    const child = spawn(command, rest, { stdio: ['pipe', 'ignore', 'inherit'] })
    scope.after(() => {
      child.kill('SIGKILL')
    })
  }
}

/** The `[[sources]]` by which an agent follows each of them. */
export function grandmasterSources(count: number): readonly object[] {
  return domains(count).map((domain) => ({
    name: `ptp${domain}`,
    kind: 'ptp-grandmaster',
    class: 'ptp',
    domain: `ptp-${domain}`,
    interface: 'uplink',
    options: { domain },
  }))
}

function domains(count: number): readonly number[] {
  return Array.from({ length: count }, (_, domain) => domain)
}
