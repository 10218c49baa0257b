import type { Fault, Result } from '../core/fault.ts'
import type { KernelClock } from '../linux/timex.ts'
import type { SystemTime } from '../output/system-time.ts'

/** What `quorumtime status` says of the clock that all other programs of this machine use. */
export interface SystemClockReport {
  /** The served UTC less CLOCK_REALTIME, and how far CLOCK_REALTIME is from UTC at most; null while nothing is served. */
  readonly offsetNs: bigint | null
  readonly boundNs: bigint | null
  /** What its kernel says of it; null when it cannot be asked. */
  readonly synchronized: boolean | null
  readonly leap: KernelClock['leap'] | null
  readonly taiMinusUtcSeconds: number | null
  readonly steeredPpb: bigint | null
  /** `host.…`: what makes it unfit for those who rely on it. */
  readonly alarms: readonly Fault[]
}

/**
 * Alarms: `host.clock-unsynchronized`, `host.clock-unreadable`, `host.leap-disagrees` (the kernel is about to insert or leave
 * out a second that the leap table does not have today, or the other way round), `host.tai-offset`.
 */
export function describeSystemClock(
  kernel: Result<KernelClock>,
  time: Result<SystemTime>,
  taiMinusUtcSeconds: number | undefined,
): SystemClockReport {
  const clock = kernel.ok ? kernel.value : undefined
  return {
    offsetNs: time.ok ? time.value.offsetNs : null,
    boundNs: time.ok ? time.value.errorNs : null,
    synchronized: clock?.synchronized ?? null,
    leap: clock?.leap ?? null,
    taiMinusUtcSeconds: clock?.taiMinusUtcSeconds ?? null,
    steeredPpb: clock?.steeredPpb ?? null,
    alarms: kernel.ok ? alarmsOf(kernel.value, time, taiMinusUtcSeconds) : [unreadable(kernel.fault)],
  }
}

function unreadable({ message }: Fault): Fault {
  return { code: 'host.clock-unreadable', message }
}

function alarmsOf(kernel: KernelClock, time: Result<SystemTime>, taiMinusUtc: number | undefined): readonly Fault[] {
  const alarms: Fault[] = []
  if (!kernel.synchronized) {
    const message = "expected somebody to steer the system's clock, got one that nobody vouches for (STA_UNSYNC)"
    alarms.push({ code: 'host.clock-unsynchronized', message })
  }
  const { leap, taiMinusUtcSeconds: told } = kernel
  const armed = leap === 'insert' || leap === 'delete' ? leap : 'none'
  // While the second goes on, and after it until the flag is taken back, neither side is wrong.
  if (time.ok && armed !== time.value.leap && leap !== 'inserting' && leap !== 'done') {
    const message = `expected the system's clock to have the leap second that the leap table has today (${time.value.leap}), got ${armed}`
    alarms.push({ code: 'host.leap-disagrees', message })
  }
  if (told !== undefined && taiMinusUtc !== undefined && told !== taiMinusUtc) {
    const message = `expected the system's TAI − UTC to be ${taiMinusUtc} s as in the leap table, got ${told} s`
    alarms.push({ code: 'host.tai-offset', message })
  }
  return alarms
}
