import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../hil/command.ts'
import { startDaemon } from '../../hil/daemon.ts'
import { createSeries, type Figures } from './series.ts'
import type { BenchmarkWorld } from './world.ts'

/** Both ends stamp in software, steer nothing, and talk eight times a second, as ranging does. */
const SETTINGS = [
  '[global]',
  'free_running 1',
  'time_stamping software',
  'logSyncInterval -3',
  'logMinDelayReqInterval -3',
  'logAnnounceInterval 0',
  'tx_timestamp_timeout 50',
]
const SETTLING_MS = 12_000
const ASK_MS = 100

/** ptp4l as grandmaster on host 0 and as receiver on host 1. Both stamp on one CLOCK_REALTIME: the true offset is 0. */
export async function measurePtp4l(world: BenchmarkWorld): Promise<readonly Figures[]> {
  const { scope, network, seconds, progress } = world
  const folder = join(world.folder, 'ptp4l')
  mkdirSync(folder)
  const start = (name: string, host: number, settings: readonly string[]): void => {
    const file = join(folder, `${name}.conf`)
    writeFileSync(file, `${[...SETTINGS, `uds_address ${join(folder, name)}`, ...settings].join('\n')}\n`)
    const [command, ...rest] = [...network.within(host), 'ptp4l', '-m', '-i', network.device(1 - host), '-f', file]
    startDaemon(scope, command, rest)
  }
  start('grandmaster', 0, ['priority1 100'])
  start('receiver', 1, ['slaveOnly 1'])
  progress(`ptp4l: settling for ${SETTLING_MS / 1_000} s, then ${seconds} s`)
  await sleep(SETTLING_MS)
  const series = createSeries('ptp4l, its own offset as a receiver (software stamps)')
  const pmc = ['-u', '-b', '0', '-s', join(folder, 'receiver'), '-i', join(folder, 'pmc'), 'GET TIME_STATUS_NP']
  let lastIngress = '0'
  const until = performance.now() + seconds * 1_000
  while (performance.now() < until) {
    const { output } = await runCommand('pmc', pmc, 10)
    const offsetNs = /master_offset\s+(-?\d+)/.exec(output)?.[1]
    const ingress = /ingress_time\s+(\d+)/.exec(output)?.[1] ?? '0'
    if (offsetNs !== undefined && ingress !== '0' && ingress !== lastIngress) series.add(BigInt(offsetNs))
    lastIngress = ingress
    await sleep(ASK_MS)
  }
  return [series.figures()]
}
