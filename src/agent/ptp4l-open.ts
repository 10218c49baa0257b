import { dirname, join } from 'node:path'
import type { Ptp4lConfiguration } from '../config/outputs.ts'
import type { Configuration } from '../config/schema.ts'
import { ok, type Result } from '../core/fault.ts'
import { readClockPair } from '../linux/clock.ts'
import { type ControlledDevice, openControlled } from '../linux/ioctl.ts'
import { readPhcPair } from '../linux/phc.ts'
import { openPtp4l } from '../output/ptp4l.ts'
import type { ShownTime } from './ptp4l-clock.ts'
import { type Ptp4lOutput, type Ptp4lWorld, runPtp4lOutput } from './ptp4l-output.ts'

/** Undefined: none is configured. Faults: those of binding the socket for its answers. */
export function openPtp4lOutput(
  { node, outputs }: Pick<Configuration, 'node' | 'outputs'>,
  world: Omit<Ptp4lWorld, 'ptp4l' | 'readClock'>,
): Result<Ptp4lOutput | undefined> {
  const { ptp4l } = outputs
  if (ptp4l === undefined) return ok(undefined)
  const replySocket = ptp4l.replySocket ?? join(dirname(node.controlSocket), 'ptp4l.sock')
  const opened = openPtp4l({ ...ptp4l, replySocket })
  if (!opened.ok) return opened
  const reader = createClockReader(ptp4l.clock)
  const output = runPtp4lOutput({ ...world, ptp4l: opened.value, readClock: reader.read })
  const close = async (): Promise<void> => {
    await output.close()
    reader.close()
  }
  return ok({ ...output, close })
}

/** A hardware clock that is not there is looked for again at every reading: its driver may be loaded later. */
function createClockReader(clock: Ptp4lConfiguration['clock']) {
  let device: ControlledDevice | undefined
  const close = (): void => {
    device?.close()
    device = undefined
  }
  const readDevice = (): Result<ShownTime> => {
    if (device === undefined) {
      const opened = openControlled(clock)
      if (!opened.ok) return opened
      device = opened.value
    }
    const pair = readPhcPair(device)
    if (!pair.ok) close()
    return pair
  }
  return { read: clock === 'system' ? (): Result<ShownTime> => ok(readClockPair()) : readDevice, close }
}
