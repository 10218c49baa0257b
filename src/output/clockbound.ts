import { assert } from '../core/assert.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { driftNs, min } from '../core/integer.ts'
import { between, NS_PER_SECOND } from '../core/time.ts'
import { mapSharedFile } from '../linux/shared-memory.ts'
import { createClockBoundSegment, SEGMENT_BYTES } from './clockbound-segment.ts'
import type { Output } from './output.ts'
import { movedNs, type SystemTime } from './system-time.ts'

export interface ClockBoundOptions {
  /** ClockBound's own: `/var/run/clockbound/shm0`. */
  readonly path: string
  /** How fast CLOCK_REALTIME may run off the true time while nobody sets it. */
  readonly driftPpmMax: number
  /** Whether the kernel has it that somebody steers its clock; undefined when it cannot be asked. */
  isSteered(): boolean | undefined
}

/** Readers add the drift for as long as the last update is old, so it is never old. */
const EVERY_MS = 100
/** Everybody may read it. */
const MODE = 0o644

/** An agent that is gone vouches no longer than this, whatever readers make of the drift. */
const VOID_NS = 60n * NS_PER_SECOND
/** The bound of a time that nobody knows: three years, for readers that do not look at the status. */
const UNKNOWN_NS = 100_000_000n * NS_PER_SECOND

const UNKNOWN = 0
const SYNCHRONIZED = 1
const FREE_RUNNING = 2

/**
 * Programs that use ClockBound's client libraries ask "what time is it, and between which instants": they read
 * CLOCK_REALTIME and this segment, so what it bounds is the error of CLOCK_REALTIME, whoever steers that and however
 * badly. Faults: those of `mapSharedFile`; of `tell` `clockbound.drift`, after which the segment is right again.
 */
export function openClockBound(options: ClockBoundOptions): Result<Output> {
  const mapped = mapSharedFile(options.path, SEGMENT_BYTES, MODE)
  if (!mapped.ok) return mapped
  const memory = mapped.value
  const segment = createClockBoundSegment(memory.buffer)
  const driftPpb = options.driftPpmMax * 1_000
  let last: SystemTime | undefined
  let lastCoarseNs = 0n

  const disown = (coarseNs: bigint): void =>
    segment.write({ asOfNs: coarseNs, voidAfterNs: coarseNs, boundNs: UNKNOWN_NS, driftPpb, status: UNKNOWN })

  return ok({
    name: 'clockbound',
    everyMs: EVERY_MS,
    tell: (time) => {
      const before = last
      last = time.ok ? time.value : undefined
      if (!time.ok) {
        disown(lastCoarseNs)
        return time
      }
      const { coarseNs, errorNs, origin, steadyNs } = time.value
      lastCoarseNs = coarseNs
      const isSynchronized = origin === 'certified' && options.isSteered() === true
      segment.write({
        asOfNs: coarseNs,
        voidAfterNs: coarseNs + (steadyNs === undefined ? VOID_NS : min(VOID_NS, steadyNs)),
        boundNs: errorNs,
        driftPpb,
        status: isSynchronized ? SYNCHRONIZED : FREE_RUNNING,
      })
      return before === undefined ? ok(undefined) : checkDrift(before, time.value, BigInt(driftPpb))
    },
    close: () => {
      disown(lastCoarseNs)
      memory.close()
    },
  })
}

/** Whoever read between the two updates was promised that this would not happen. */
function checkDrift(earlier: SystemTime, later: SystemTime, driftPpb: bigint): Result<void> {
  const elapsedNs = between(earlier.monoNs, later.monoNs)
  assert(elapsedNs >= 0n, 'the raw clock went back')
  const moved = movedNs(earlier, later)
  const promisedNs = driftNs(elapsedNs, driftPpb)
  if (moved <= promisedNs) return ok(undefined)
  return fail(
    'clockbound.drift',
    `the system's clock: expected a drift of at most ${promisedNs} ns in ${elapsedNs} ns (driftPpmMax), got ${moved} ns: it was set, or is slewed faster`,
  )
}
