import type { Driver, DriverAction, Emulator, EmulatorAction } from '../../drivers/driver.ts'
import { min } from '../../src/core/integer.ts'
import type { LabelSample, TimeSample } from '../../src/core/sample.ts'
import type { MonoNs } from '../../src/core/time.ts'

/**
 * An emulator whose line is tapped by a driver: it hears every byte that the instrument sends to whoever has the pty open,
 * and may ask questions of its own, whose answers go to both.
 */
export function tapEmulator(
  emulator: Emulator,
  driver: Driver,
  onSample: (sample: LabelSample | TimeSample) => void,
): Emulator {
  const tapped = (actions: readonly EmulatorAction[], now: MonoNs): readonly EmulatorAction[] =>
    actions.flatMap((action) => [
      action,
      ...(action.type === 'write' ? obeyed(driver.receive(action.bytes, now), now) : []),
    ])
  const obeyed = (actions: readonly DriverAction[], now: MonoNs): readonly EmulatorAction[] =>
    actions.flatMap((action) => {
      if (action.type === 'sample') onSample(action.sample)
      return action.type === 'write' ? tapped(emulator.receive(action.bytes, now), now) : []
    })
  const isDue = (at: MonoNs | undefined, now: MonoNs): boolean => at !== undefined && at <= now
  return {
    receive: (bytes, now) => tapped(emulator.receive(bytes, now), now),
    wake(now) {
      const actions = isDue(emulator.nextWakeAt(), now) ? [...tapped(emulator.wake(now), now)] : []
      if (isDue(driver.nextWakeAt(), now)) actions.push(...obeyed(driver.wake(now), now))
      return actions
    },
    nextWakeAt: () => {
      const instants = [emulator.nextWakeAt(), driver.nextWakeAt()].filter((at) => at !== undefined)
      return instants.length === 0 ? undefined : instants.reduce(min)
    },
    setFault: (name, on) => emulator.setFault(name, on),
    ...(emulator.lineChanged === undefined ? {} : { lineChanged: (host) => emulator.lineChanged?.(host) }),
  }
}
