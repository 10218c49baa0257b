import { divFloor, driftNs } from '../core/integer.ts'
import { clamp, errorBound, type Interval, interval, meets, midpoint, shift, widen } from '../core/interval.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../core/time.ts'

/** A certified region of this appliance, turned into time: TAI at the mark lies in [lo, hi]. */
export interface CertifiedTime {
  readonly markMono: MonoNs
  readonly lo: TaiNs
  readonly hi: TaiNs
  /** Rate of the ranging clock against the oscillator since the mark, and the bound on its error, ppb. */
  readonly ratePpb: bigint
  readonly rateBoundPpb: bigint
  /** Later than this it steers nothing. */
  readonly voidAfterMono: MonoNs
}

/** What the own hardware says at the instant of a reading. */
export interface OwnTime {
  readonly taiNs: TaiNs
  readonly interval: Interval
  /** The last certificate that judged it found it wrong: it may choose a point, and is never served on its own. */
  readonly refuted: boolean
}

export type ServedFlag = 'own-hardware-misses-region' | 'hardware-fallback'

export interface ServedReading {
  readonly monoNs: MonoNs
  readonly taiNs: TaiNs
  /** Where the clock slews to: the point of the interval that the own hardware chooses. */
  readonly targetTaiNs: TaiNs
  /** Contains TAI if the certificate, or in fallback the own hardware, is right. */
  readonly interval: Interval
  /** max(hi − served, served − lo), ns: also true while the served clock still slews into the interval. */
  readonly boundNs: bigint
  readonly origin: 'certified' | 'own-hardware'
  readonly flags: readonly ServedFlag[]
}

/**
 * What users get. The certified interval, carried from its mark by the oscillator and aged by its rate bound, is the
 * guarantee; the own hardware only chooses the point in it. Without a certificate that still holds, the own hardware,
 * flagged. The clock never goes back, and slews at a limited rate. Reading it is what moves it: a reading for an instant
 * before the last one gets the last served time, and the bound that this has then.
 */
export interface ServedClock {
  /** Takes a certified region in place of the one before; which ones may steer is the caller's decision. */
  adopt(certified: CertifiedTime): void
  /** Undefined while there is no certificate yet and patience lasts, or neither a certificate nor own hardware. */
  read(now: MonoNs, own: OwnTime | undefined): ServedReading | undefined
}

/** How fast the served clock may run away from the oscillator while it corrects itself: what clocks tolerate from adjtime. */
const SLEW_PPB_MAX = 500_000n
/** A rate is applied in whole nanoseconds, rounded down. */
const ROUNDING_NS = 1n

interface Served {
  readonly monoNs: MonoNs
  readonly taiNs: TaiNs
}

/**
 * `patienceUntil`: before the first certificate nothing is served until then, since hardware that nobody has confirmed may
 * stand under a spoofed sky; afterwards it is served, flagged.
 */
export function createServedClock(patienceUntil: MonoNs): ServedClock {
  let certified: CertifiedTime | undefined
  let last: Served | undefined
  return {
    adopt: (newer) => {
      certified = newer
    },
    read: (now, own) => {
      const held = certified !== undefined && now <= certified.voidAfterMono ? certified : undefined
      const unconfirmed = certified === undefined && now < patienceUntil
      const fallback = unconfirmed || own?.refuted === true ? undefined : own?.interval
      const within = held === undefined ? fallback : certifiedAt(held, now)
      if (within === undefined) return undefined
      const targetTaiNs = own === undefined ? midpoint(within) : clamp(own.taiNs, within)
      const served = last === undefined ? targetTaiNs : slewed(last, targetTaiNs, now, held?.ratePpb ?? 0n)
      if (last === undefined || now > last.monoNs) last = { monoNs: now, taiNs: taiNs(served) }
      return {
        monoNs: now,
        taiNs: taiNs(served),
        targetTaiNs: taiNs(targetTaiNs),
        interval: within,
        boundNs: errorBound(served, within),
        origin: held === undefined ? 'own-hardware' : 'certified',
        flags: flagsOf(held, within, own),
      }
    },
  }
}

function flagsOf(held: CertifiedTime | undefined, within: Interval, own: OwnTime | undefined): readonly ServedFlag[] {
  if (held === undefined) return ['hardware-fallback']
  return own !== undefined && !meets(own.interval, within) ? ['own-hardware-misses-region'] : []
}

/** The certified interval at another instant: moved on by the known rate, widened by what the rate may be wrong. */
function certifiedAt({ markMono, lo, hi, ratePpb, rateBoundPpb }: CertifiedTime, now: MonoNs): Interval {
  const elapsedNs = between(markMono, now)
  const forwardNs = elapsedNs + divFloor(elapsedNs * ratePpb, NS_PER_SECOND)
  return widen(shift(interval(lo, hi), forwardNs), driftNs(elapsedNs, rateBoundPpb) + ROUNDING_NS)
}

/** From the last served instant towards the target, no faster than the slew limit allows, never back. */
function slewed(last: Served, targetTaiNs: bigint, now: MonoNs, ratePpb: bigint): bigint {
  const elapsedNs = between(last.monoNs, now)
  if (elapsedNs <= 0n) return last.taiNs
  const straight = plus(last.taiNs, elapsedNs + divFloor(elapsedNs * ratePpb, NS_PER_SECOND))
  const reachNs = divFloor(elapsedNs * SLEW_PPB_MAX, NS_PER_SECOND)
  return clamp(targetTaiNs, interval(straight - reachNs, straight + reachNs))
}
