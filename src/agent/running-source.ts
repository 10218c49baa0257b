import type { Steering } from '../../drivers/driver.ts'
import type { Result } from '../core/fault.ts'
import type { LeapTable } from '../core/leap.ts'
import type { TimeSample } from '../core/sample.ts'
import type { ClockBridge } from '../device/clock-bridge.ts'
import type { StallWatch } from '../device/stall-watch.ts'
import type { NodeClock } from '../fusion/node-clock.ts'
import type { Report } from './agent-event.ts'
import type { SourceReport } from './source-account.ts'

/** A source that was opened, on whatever it hangs. */
export interface RunningSource {
  readonly name: string
  report(): SourceReport
  listen(onReading: (sample: TimeSample) => void): void
  steer(steering: Steering): Result<void>
  close(): Promise<void>
}

/** What every source is opened in. */
export interface SourceWorld {
  readonly stallWatch: StallWatch
  readonly nodeClock: NodeClock
  readonly bridge: ClockBridge
  readonly leapTable: LeapTable
  readonly report: Report
}
