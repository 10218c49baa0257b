import { ok, type Result } from '../core/fault.ts'
import { divFloor } from '../core/integer.ts'
import { NS_PER_MICROSECOND, realtimeNs } from '../core/time.ts'
import { encodeSockSample } from '../device/sock-sample.ts'
import { openUnixDatagram } from '../linux/unix-datagram.ts'
import type { Output } from './output.ts'
import { type SystemTime, type TellingLimits, withinLimits } from './system-time.ts'

export interface ChronySockOptions extends TellingLimits {
  /** What chronyd bound: `refclock SOCK /run/chrony/quorumtime.sock`. */
  readonly path: string
}

const LEAPS = { none: 0, insert: 1, delete: 2 } as const

const EVERY_MS = 1_000

/** Full times for a SOCK reference clock of chronyd. Faults of `tell`: `unix.send`, those of `withinLimits`. */
export function openChronySock({ path, ...limits }: ChronySockOptions): Result<Output> {
  const opened = openUnixDatagram()
  if (!opened.ok) return opened
  const socket = opened.value
  return ok({
    name: 'chronySock',
    everyMs: EVERY_MS,
    tell: (time) => {
      const told = time.ok ? withinLimits(time.value, limits) : time
      return told.ok ? socket.sendTo(path, encodeSockSample(sampleOf(told.value))) : told
    },
    close: () => socket.close(),
  })
}

/** The offset is as good a nanosecond later, so cutting the instant to µs changes nothing. */
function sampleOf({ shownNs, offsetNs, leap }: SystemTime): Parameters<typeof encodeSockSample>[0] {
  return {
    systemNs: realtimeNs(divFloor(shownNs, NS_PER_MICROSECOND) * NS_PER_MICROSECOND),
    offsetSeconds: Number(offsetNs) / 1e9,
    isPulse: false,
    leap: LEAPS[leap],
  }
}
