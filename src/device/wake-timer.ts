import { assert } from '../core/assert.ts'
import { divCeil, max, min } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'

/** The one timer of whoever has a `nextWakeAt`. */
export interface WakeTimer {
  /** Replaces what was armed before; undefined disarms. */
  arm(at: MonoNs | undefined): void
}

/** Node's timers overflow at 2^31 ms; far instants are approached in strides. */
const STRIDE_MS_MAX = 3_600_000n

/** A timer that is later than this shows that the process did not run, and that what came meanwhile is not read yet. */
const STALLED_NS = 50n * NS_PER_MILLISECOND

/**
 * Calls `onDue` once, at or after the armed instant and never before: Node counts whole ms on another clock.
 * `readFirstMs`: of whoever acts on what did not come. After a stall timers are looked at before sockets: so long it waits
 * then, once in a second, until those are read.
 */
export function createWakeTimer(onDue: (now: MonoNs) => void, readFirstMs = 0): WakeTimer {
  let timer: NodeJS.Timeout | undefined
  let armedAt: MonoNs | undefined
  let waitedAt: MonoNs | undefined
  const arm = (at: MonoNs | undefined): void => {
    // Most are asked after every packet and byte, and want the same as before.
    if (at === armedAt) return
    clearTimeout(timer)
    armedAt = at
    timer = at === undefined ? undefined : setTimeout(fire, strideMs(between(readMonoNs(), at)), at)
  }
  const fire = (at: MonoNs): void => {
    const now = readMonoNs()
    if (now >= at && mayWait(at, now)) {
      waitedAt = now
      timer = setTimeout(fire, readFirstMs, at)
      return
    }
    armedAt = undefined
    if (now < at) arm(at)
    else onDue(now)
  }
  const mayWait = (at: MonoNs, now: MonoNs): boolean =>
    readFirstMs > 0 &&
    between(at, now) > STALLED_NS &&
    (waitedAt === undefined || between(waitedAt, now) > NS_PER_SECOND)
  return { arm }
}

function strideMs(aheadNs: bigint): number {
  return Number(max(0n, min(divCeil(aheadNs, NS_PER_MILLISECOND), STRIDE_MS_MAX)))
}

/** The part that drivers and emulators have in common. */
interface Wakeable<Action> {
  wake(now: MonoNs): readonly Action[]
  nextWakeAt(): MonoNs | undefined
}

/** One that is still due after so many wakes in a row would be for ever. */
const WAKES_MAX = 10_000

/** Wakes `machine` for all that is due by `now`, as far as the actions are asked for. */
export function* dueActions<Action>(machine: Wakeable<Action>, now: MonoNs): Generator<Action, void> {
  for (let wakes = 0; ; wakes++) {
    const at = machine.nextWakeAt()
    if (at === undefined || at > now) return
    assert(wakes < WAKES_MAX, `woken ${wakes} times at ${now}, it wants to be woken at ${at} still`)
    yield* machine.wake(now)
  }
}
