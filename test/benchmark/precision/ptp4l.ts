import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { askPtp4l, startPtp4l } from './ptp4l-settings.ts'
import { createSeries, type Figures } from './series.ts'
import type { BenchmarkWorld } from './world.ts'

const SETTLING_MS = 12_000
const ASK_MS = 100

/** ptp4l as grandmaster on host 0 and as receiver on host 1. Both stamp on one CLOCK_REALTIME: the true offset is 0. */
export async function measurePtp4l(world: BenchmarkWorld): Promise<readonly Figures[]> {
  const { seconds, progress } = world
  const folder = join(world.folder, 'ptp4l')
  mkdirSync(folder)
  startPtp4l(world, folder, 'grandmaster', [0, 1], ['priority1 100'])
  const receiver = startPtp4l(world, folder, 'receiver', [1, 0], ['slaveOnly 1'])
  progress(`ptp4l: settling for ${SETTLING_MS / 1_000} s, then ${seconds} s`)
  await sleep(SETTLING_MS)
  const series = createSeries('ptp4l, its own offset as a receiver (software stamps)')
  let lastIngress = '0'
  const until = performance.now() + seconds * 1_000
  while (performance.now() < until) {
    const status = await askPtp4l(receiver, 'GET TIME_STATUS_NP')
    const offsetNs = /master_offset\s+(-?\d+)/.exec(status)?.[1]
    const ingress = /ingress_time\s+(\d+)/.exec(status)?.[1] ?? '0'
    if (offsetNs !== undefined && ingress !== '0' && ingress !== lastIngress) series.add(BigInt(offsetNs))
    lastIngress = ingress
    await sleep(ASK_MS)
  }
  return [series.figures()]
}
