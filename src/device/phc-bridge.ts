import type { Fault, Result } from '../core/fault.ts'
import type { PhcNs } from '../core/time.ts'
import type { ClockPair } from '../linux/clock.ts'
import { openControlled } from '../linux/ioctl.ts'
import { readPhcPair } from '../linux/phc.ts'
import { type ClockBridge, createClockBridge } from './clock-bridge.ts'

/** A hardware clock and the bridge from its scale to the local oscillator. */
export interface PhcBridge {
  readonly bridge: ClockBridge<PhcNs>
  close(): void
}

/** Opens `/dev/ptpN`. Faults: `linux.open`, `linux.ioctl`, `phc.sandwich`: it cannot be compared with this machine's clocks. */
export function openPhcBridge(path: string): Result<PhcBridge> {
  const device = openControlled(path)
  if (!device.ok) return device
  const first = readPhcPair(device.value)
  if (!first.ok) {
    device.value.close()
    return first
  }
  const bridge = createSkippingPhcBridge(first.value, () => readPhcPair(device.value))
  return { ok: true, value: { bridge, close: device.value.close } }
}

/** A bridge over readings that may fail: it passes over a pair that it has, and `onFault` learns how each reading went. */
export function createSkippingPhcBridge(
  first: ClockPair<PhcNs>,
  readPair: () => Result<ClockPair<PhcNs>>,
  onRead: (fault: Fault | undefined) => void = () => undefined,
): ClockBridge<PhcNs> {
  let last = first
  const read = (): ClockPair<PhcNs> => {
    const pair = readPair()
    onRead(pair.ok ? undefined : pair.fault)
    if (pair.ok) last = pair.value
    return last
  }
  return createClockBridge(read, undefined, 'phc')
}
