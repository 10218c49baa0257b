import { type Ended, runCommand } from '../../hil/command.ts'

/** Hosts in network namespaces of their own, each with a cable to each other: no switch adds what it likes to a way. */
export interface CabledHosts {
  /** The one address of a host, by whichever cable. */
  address(host: number): string
  /** The device on `host` with the cable to `other`. */
  device(other: number): string
  /** The words that a command line begins with to run on a host. */
  within(host: number): readonly string[]
  remove(): Promise<void>
}

const SECONDS_MAX = 20
/** RFC 5737: addresses for documentation, so no route of this machine leads there. */
const NETWORK = '192.0.2'

/** Makes them, or says in one sentence why this machine refuses. */
export async function cableHosts(count: number): Promise<CabledHosts | { readonly absent: string }> {
  const hosts = Array.from({ length: count }, (_, host) => host)
  const name = (host: number): string => `quorumtime-${process.pid}-${host}`
  const address = (host: number): string => `${NETWORK}.${10 + host}`
  const device = (other: number): string => `to${other}`
  const made: string[] = []
  const remove = async (): Promise<void> => {
    for (const namespace of made.reverse()) await ip('netns', 'delete', namespace)
  }
  try {
    for (const host of hosts) {
      await must('netns', 'add', name(host))
      made.push(name(host))
      await must('-netns', name(host), 'link', 'set', 'lo', 'up')
      await must('-netns', name(host), 'address', 'add', `${address(host)}/32`, 'dev', 'lo')
      for (let other = 0; other < host; other++) {
        const peer = ['peer', 'name', device(host), 'netns', name(other)]
        await must('-netns', name(host), 'link', 'add', device(other), 'type', 'veth', ...peer)
        for (const [here, there] of [
          [host, other],
          [other, host],
        ] as const) {
          const onDevice = ['dev', device(there)]
          await must('-netns', name(here), 'address', 'add', `${address(here)}/32`, ...onDevice)
          await must('-netns', name(here), 'link', 'set', device(there), 'up')
          await must('-netns', name(here), 'route', 'add', `${address(there)}/32`, ...onDevice, 'src', address(here))
        }
      }
    }
  } catch (error) {
    await remove()
    return { absent: `network namespaces are refused here: ${(error as Error).message}` }
  }
  return { address, device, within: (host) => ['ip', 'netns', 'exec', name(host)], remove }
}

function ip(...words: readonly string[]): Promise<Ended> {
  return runCommand('ip', words, SECONDS_MAX)
}

async function must(...words: readonly string[]): Promise<void> {
  const { exitCode, complaint } = await ip(...words)
  if (exitCode !== 0) throw new Error(`ip ${words.join(' ')}: ${complaint.trim()}`)
}
