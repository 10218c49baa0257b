import type { Driver, DriverAction, DriverFault, DriverStatus, Steering } from '../../drivers/driver.ts'
import { unreachable } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import type { LabelSample, TimeSample } from '../core/sample.ts'
import type { MonoNs } from '../core/time.ts'
import { createFaultCounter } from './fault-counter.ts'
import { createWakeTimer, dueActions } from './wake-timer.ts'
import type { OpenWire, WireEvent } from './wire.ts'

export interface DriverShellOptions {
  /** Makes the driver anew each time the wire comes up: what the last one was in the middle of is lost with its link. */
  createDriver(): Driver
  openWire: OpenWire
  /**
   * What time a driver is woken by: the machine's clock, or the arrival of bytes alone, as for a recording that is read
   * faster than it was made, whose arrivals are on a clock of its own.
   */
  readonly wakeBy: 'clock' | 'arrivals'
}

export interface DriverShellHandlers {
  onSample(sample: LabelSample | TimeSample): void
  onStatus(status: DriverStatus): void
  /** What driver and wire complain of while the link is up. `seen` counts those of this code, this one included. */
  onFault(fault: DriverFault, seen: number): void
  /** The line settings are right. */
  onUnderstood?(): void
  /** The driver asked for it; the wire is being reopened. */
  onReset(reason: string): void
  onWire(event: WireEvent): void
}

export interface DriverShell {
  /** Has the instrument steer its oscillator from `now` on. Faults: the driver's; `wire.down`, `driver.cannot-steer`. */
  steer(steering: Steering, now: MonoNs): Result<void>
  faultCounts(): ReadonlyMap<string, number>
  /** Nothing is handed out any more; resolves when the wire is released. */
  close(): Promise<void>
}

/**
 * Runs one driver over one wire: bytes and wakes in, actions out. What drivers and wires complain of comes out as
 * counted faults; a broken invariant of theirs is thrown to whoever runs the event loop.
 */
export function runDriver(options: DriverShellOptions, handlers: DriverShellHandlers): DriverShell {
  const faults = createFaultCounter()
  const timer = createWakeTimer((now) => advance(now))
  let driver: Driver | undefined

  const complain = (fault: DriverFault): void => handlers.onFault(fault, faults.count(fault.code))

  const perform = (action: DriverAction): void => {
    switch (action.type) {
      case 'write': {
        const written = wire.write(action.bytes)
        if (!written.ok) complain(written.fault)
        break
      }
      case 'sample':
        handlers.onSample(action.sample)
        break
      case 'status':
        handlers.onStatus(action.status)
        break
      case 'fault':
        complain(action.fault)
        break
      case 'understood':
        handlers.onUnderstood?.()
        break
      case 'reset':
        handlers.onReset(action.reason)
        wire.reopen(action.reason)
        break
      default:
        unreachable(action)
    }
  }

  /** A driver that has been replaced is not listened to any more, not even to the end of its sentence. */
  const carryOut = (speaker: Driver, actions: Iterable<DriverAction>): void => {
    for (const action of actions) {
      perform(action)
      if (speaker !== driver) return
    }
  }

  const advance = (now: MonoNs): void => {
    if (driver !== undefined) carryOut(driver, dueActions(driver, now))
    if (options.wakeBy === 'clock') timer.arm(driver?.nextWakeAt())
  }

  const wire = options.openWire({
    onBytes: (bytes, receivedAt) => {
      advance(receivedAt)
      if (driver !== undefined) carryOut(driver, driver.receive(bytes, receivedAt))
      advance(receivedAt)
    },
    onState: (event) => {
      driver = event.type === 'up' ? options.createDriver() : undefined
      if (event.type !== 'up') faults.count(event.fault.code)
      handlers.onWire(event)
      advance(event.at)
    },
  })

  return {
    steer: (steering, now) => {
      if (driver === undefined) return fail('wire.down', 'expected the link up, got it down')
      if (driver.steer === undefined) return fail('driver.cannot-steer', 'expected an instrument that can be steered')
      const ordered = driver.steer(steering, now)
      if (!ordered.ok) return ordered
      carryOut(driver, ordered.value)
      advance(now)
      return ok(undefined)
    },
    faultCounts: () => faults.counts(),
    close: () => {
      driver = undefined
      timer.arm(undefined)
      return wire.close()
    },
  }
}
