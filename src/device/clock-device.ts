import type { ClockReading } from '../../drivers/clock-driver.ts'
import type { Fault } from '../core/fault.ts'
import { readMonoNs } from '../linux/clock.ts'
import { type ControlledDevice, openControlled } from '../linux/ioctl.ts'
import { readPhcPair } from '../linux/phc.ts'
import type { WireEvent } from './wire.ts'

export interface ClockDeviceHandlers {
  onReading(reading: ClockReading): void
  /** A reading that failed, while the device stays open. */
  onFault(fault: Fault): void
  onState(event: WireEvent): void
}

export interface ClockDevice {
  close(): void
}

const EVERY_MS = 1_000

/** The system's clock was set in the middle of a reading, or was slow to be read: the device is as good as before. */
const PASSING = ['clock.realtime-stepped', 'phc.sandwich']

/**
 * Compares a hardware clock, `/dev/ptpN`, with the local oscillator once a second. A device that is missing or fails is
 * opened afresh at the next second, and told of once a reason. Nothing is told before this has returned.
 */
export function openClockDevice(path: string, handlers: ClockDeviceHandlers): ClockDevice {
  let device: ControlledDevice | undefined
  let reported: string | undefined

  const tell = (type: 'down' | 'fault', fault: Fault): void => {
    if (type === 'down' || fault.message !== reported) handlers.onState({ type, at: readMonoNs(), fault })
    reported = fault.message
  }
  const open = (): ControlledDevice | undefined => {
    const opened = openControlled(path)
    if (!opened.ok) {
      tell('fault', opened.fault)
      return undefined
    }
    const first = readPhcPair(opened.value)
    if (!first.ok && !PASSING.includes(first.fault.code)) {
      opened.value.close()
      tell('fault', first.fault)
      return undefined
    }
    reported = undefined
    handlers.onState({ type: 'up', at: readMonoNs(), reason: `${path} is open` })
    return opened.value
  }
  const release = (): void => {
    device?.close()
    device = undefined
  }
  const tick = (): void => {
    device ??= open()
    const pair = device === undefined ? undefined : readPhcPair(device)
    if (pair === undefined) return
    if (pair.ok) handlers.onReading(pair.value)
    else if (PASSING.includes(pair.fault.code)) handlers.onFault(pair.fault)
    else {
      release()
      tell('down', pair.fault)
    }
  }
  const timer = setInterval(tick, EVERY_MS)
  return {
    close: () => {
      clearInterval(timer)
      release()
    },
  }
}
