import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { NS_PER_SECOND } from '../../../src/core/time.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'
import { startDaemon } from '../../hil/daemon.ts'
import { createFalseTime, distortionOf } from './distortion.ts'
import { withFalseClock } from './false-process.ts'
import { onLine } from './lines.ts'
import type { PtpNodeOptions, PtpWord } from './ptp-node.ts'
import { askPtp4l, startPtp4l } from './ptp4l-settings.ts'
import { keepRealtime } from './realtime.ts'
import { createSeries, type Figures } from './series.ts'
import type { BenchmarkWorld } from './world.ts'

const PROGRAM = fileURLToPath(new URL('ptp-node.ts', import.meta.url))
const SETTLING_MS = 40_000
const GRANDMASTER_UP_MS = 8_000
const HALF_SECOND_NS = NS_PER_SECOND / 2n

/**
 * ptp4l as grandmaster on host 0, an appliance with a false clock on host 1. The grandmaster's time is CLOCK_REALTIME, which
 * it is told to call TAI: whole seconds are taken off, as nothing here is about them.
 */
export async function measurePtp(world: BenchmarkWorld): Promise<readonly Figures[]> {
  const { scope, network, seconds, progress } = world
  const folder = join(world.folder, 'ptp')
  mkdirSync(folder)
  const grandmaster = startPtp4l(world, folder, 'grandmaster', [0, 1], ['priority1 100'])
  await sleep(GRANDMASTER_UP_MS)
  await askPtp4l(grandmaster, SET_LOCKED)
  const realtime = keepRealtime(scope)
  const distortion = distortionOf(1, readMonoNs())
  const falseTime = createFalseTime(distortion)
  const options: PtpNodeOptions = { interface: network.device(0), options: { logDelayRequestInterval: -3 } }
  const words = withFalseClock(distortion, [PROGRAM, JSON.stringify(options)])
  const [command = '', ...rest] = [...network.within(1), ...words]
  const { child, output } = startDaemon(scope, command, rest)
  const told: PtpWord[] = []
  let isSettled = false
  onLine(child, (line) => {
    if (isSettled && line.startsWith('{"type":"')) told.push(JSON.parse(line) as PtpWord)
  })
  progress(`ptp: settling for ${SETTLING_MS / 1_000} s, then ${seconds} s`)
  await sleep(SETTLING_MS)
  isSettled = true
  await sleep(seconds * 1_000)
  isSettled = false
  const series = {
    reading: createSeries('PTP from ptp4l, each reading (kernel stamps)'),
    clock: createSeries('PTP from ptp4l, the node clock'),
  }
  for (const { type, monoNs, taiNs, boundNs } of told) {
    const shown = realtime.at(falseTime.trueAt(BigInt(monoNs)))
    if (shown === undefined || !(type in series)) continue
    series[type].add(withoutSeconds(BigInt(taiNs) - shown), BigInt(boundNs))
  }
  if (told.length === 0) progress(output())
  return [series.reading.figures(), series.clock.figures()]
}

/** As a GNSS-locked grandmaster would announce itself. */
const SET_LOCKED = [
  'SET GRANDMASTER_SETTINGS_NP clockClass 6 clockAccuracy 0x21 offsetScaledLogVariance 0x4e5d currentUtcOffset 37',
  'leap61 0 leap59 0 currentUtcOffsetValid 1 ptpTimescale 1 timeTraceable 1 frequencyTraceable 1 timeSource 0x20',
].join(' ')

function withoutSeconds(differenceNs: bigint): bigint {
  const rest = ((differenceNs % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND
  return rest >= HALF_SECOND_NS ? rest - NS_PER_SECOND : rest
}
