import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../hil/command.ts'
import { startDaemon } from '../../hil/daemon.ts'
import { createSeries, type Figures } from './series.ts'
import type { BenchmarkWorld } from './world.ts'

const SETTLING_MS = 12_000
const ASK_MS = 500

/**
 * NTP from a chronyd on host 0 to one on host 1, interleaved, eight times a second, with the kernel's stamps. Neither
 * touches the clock (-x, noselect) and both go by one CLOCK_REALTIME: the true offset is 0.
 */
export async function measureChronyd(world: BenchmarkWorld): Promise<readonly Figures[]> {
  const { scope, network, seconds, progress } = world
  const start = (name: string, host: number, settings: readonly string[]): string => {
    const folder = join(world.folder, name)
    // chronyd insists on a folder that nobody else may look into.
    mkdirSync(folder, { mode: 0o770 })
    const commandSocket = join(folder, 'command.sock')
    const common = ['user root', 'cmdport 0', `bindcmdaddress ${commandSocket}`, `pidfile ${join(folder, 'pid')}`]
    const file = join(folder, 'chrony.conf')
    writeFileSync(file, `${[...common, ...settings].join('\n')}\n`)
    const [command, ...rest] = [...network.within(host), 'chronyd', '-x', '-d', '-f', file]
    startDaemon(scope, command, rest)
    return commandSocket
  }
  start('chronyd-server', 0, ['local stratum 1', 'allow'])
  const server = `server ${network.address(0)} minpoll -3 maxpoll -3 xleave noselect`
  const commandSocket = start('chronyd-client', 1, ['port 0', server])
  progress(`chronyd: settling for ${SETTLING_MS / 1_000} s, then ${seconds} s`)
  await sleep(SETTLING_MS)
  const sample = createSeries('chronyd over NTP, its newest sample (kernel stamps)')
  const estimate = createSeries('chronyd over NTP, its regression (kernel stamps)')
  const until = performance.now() + seconds * 1_000
  while (performance.now() < until) {
    const ask = async (question: string): Promise<readonly string[]> => {
      const { output } = await runCommand('chronyc', ['-h', commandSocket, '-c', '-n', question], 10)
      return output.trim().split(',')
    }
    const [, , , , , , , , measured, margin] = await ask('sources')
    const [, , , , , , regression] = await ask('sourcestats')
    if (measured !== undefined && margin !== undefined) sample.add(inNs(measured), inNs(margin))
    if (regression !== undefined) estimate.add(inNs(regression))
    await sleep(ASK_MS)
  }
  return [sample.figures(), estimate.figures()]
}

function inNs(seconds: string): bigint {
  return BigInt(Math.round(Number(seconds) * 1e9))
}
