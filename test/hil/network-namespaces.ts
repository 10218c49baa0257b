import { type Ended, runCommand } from './command.ts'

/** Hosts in network namespaces of their own, on one switch that can be cut in two: a third machine is never touched. */
export interface NetworkNamespaces {
  /** The address of a host; all are in one network. */
  address(host: number): string
  /** The words that a command line begins with to run on a host. */
  within(host: number): readonly string[]
  /** Leaves these hosts with nobody but each other; the others stay together. */
  cut(hosts: readonly number[]): Promise<void>
  heal(): Promise<void>
  remove(): Promise<void>
}

const SECONDS_MAX = 60
/** RFC 5737: addresses for documentation, so no route of this machine leads there. */
const NETWORK = '192.0.2'

/** Makes them, or says in one sentence why this machine refuses. */
export async function createNetworkNamespaces(count: number): Promise<NetworkNamespaces | { readonly absent: string }> {
  const name = `quorumtime-${process.pid}`
  const hosts = Array.from({ length: count }, (_, host) => host)
  const host = (number: number): string => `${name}-${number}`
  const address = (number: number): string => `${NETWORK}.${10 + number}`
  const made: string[] = []
  const remove = async (): Promise<void> => {
    for (const namespace of made.reverse()) await ip('netns', 'delete', namespace)
  }
  const make = async (namespace: string): Promise<Ended> => {
    const added = await ip('netns', 'add', namespace)
    if (added.exitCode === 0) made.push(namespace)
    return added
  }
  const join = (number: number, bridge: string): Promise<void> =>
    must('-netns', name, 'link', 'set', `port${number}`, 'master', bridge)

  const added = await make(name)
  if (added.exitCode !== 0) return { absent: `network namespaces are refused here: ${added.complaint.trim()}` }
  try {
    for (const bridge of ['whole', 'apart']) {
      await must('-netns', name, 'link', 'add', bridge, 'type', 'bridge')
      await must('-netns', name, 'link', 'set', bridge, 'up')
    }
    for (const number of hosts) {
      await make(host(number))
      const peer = ['peer', 'name', 'uplink', 'netns', host(number)]
      await must('-netns', name, 'link', 'add', `port${number}`, 'type', 'veth', ...peer)
      await join(number, 'whole')
      await must('-netns', name, 'link', 'set', `port${number}`, 'up')
      await must('-netns', host(number), 'address', 'add', `${address(number)}/24`, 'dev', 'uplink')
      for (const device of ['lo', 'uplink']) await must('-netns', host(number), 'link', 'set', device, 'up')
    }
  } catch (error) {
    await remove()
    return { absent: `network namespaces are refused here: ${(error as Error).message}` }
  }
  return {
    address,
    within: (number) => ['ip', 'netns', 'exec', host(number)],
    cut: async (apart) => {
      for (const number of hosts) await join(number, apart.includes(number) ? 'apart' : 'whole')
    },
    heal: async () => {
      for (const number of hosts) await join(number, 'whole')
    },
    remove,
  }
}

function ip(...words: readonly string[]): Promise<Ended> {
  return runCommand('ip', words, SECONDS_MAX)
}

async function must(...words: readonly string[]): Promise<void> {
  const { exitCode, complaint } = await ip(...words)
  if (exitCode !== 0) throw new Error(`ip ${words.join(' ')}: ${complaint.trim()}`)
}
