import type { Result } from '../core/fault.ts'
import type { SystemTime } from './system-time.ts'

/** A program of this appliance that is given the served time. */
export interface Output {
  /** As its table in the configuration is named. */
  readonly name: string
  /** It is told so often. */
  readonly everyMs: number
  /** Tells it how the system's clock stands, or that nobody knows, and why. A fault: it was not told, or not this. */
  tell(time: Result<SystemTime>): Result<void>
  close(): void
}
