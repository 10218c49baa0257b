import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../hil/command.ts'
import { startDaemon } from '../../hil/daemon.ts'
import type { BenchmarkWorld } from './world.ts'

/** Stamps in software, steers nothing, and talks eight times a second, as ranging does. */
const SETTINGS = [
  '[global]',
  'free_running 1',
  'time_stamping software',
  'logSyncInterval -3',
  'logMinDelayReqInterval -3',
  'logAnnounceInterval 0',
  'tx_timestamp_timeout 50',
]

/** Starts a ptp4l on `host`, on its cable to `peer`. Returns the socket at which it can be asked. */
export function startPtp4l(
  { scope, network }: BenchmarkWorld,
  folder: string,
  name: string,
  [host, peer]: readonly [number, number],
  settings: readonly string[],
): string {
  const file = join(folder, `${name}.conf`)
  const socket = join(folder, name)
  writeFileSync(file, `${[...SETTINGS, `uds_address ${socket}`, ...settings].join('\n')}\n`)
  const [command, ...rest] = [...network.within(host), 'ptp4l', '-m', '-i', network.device(peer), '-f', file]
  startDaemon(scope, command, rest)
  return socket
}

/** Asks a ptp4l, and returns what `pmc` prints. */
export async function askPtp4l(socket: string, question: string): Promise<string> {
  const { output } = await runCommand('pmc', ['-u', '-b', '0', '-s', socket, '-i', `${socket}-pmc`, question], 10)
  return output
}
