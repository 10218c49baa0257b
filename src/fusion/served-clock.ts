import { divCeil, divFloor } from '../core/integer.ts'
import { clamp, errorBound, type Interval, interval, meets, midpoint } from '../core/interval.ts'
import { between, type MonoNs, NS_PER_SECOND, plus, type TaiNs, taiNs } from '../core/time.ts'

/** A certified region of this appliance, turned into time: TAI at the mark lies in [lo, hi]. */
export interface CertifiedTime {
  readonly markMono: MonoNs
  readonly lo: TaiNs
  readonly hi: TaiNs
  /** Rate of the ranging clock of the mark against the oscillator, and the bound on its error, ppb. */
  readonly ratePpb: bigint
  readonly rateBoundPpb: bigint
  /** From here on it steers nothing. */
  readonly voidAfterMono: MonoNs
}

/** What the own hardware says at the instant of a reading. */
export interface OwnTime {
  readonly taiNs: TaiNs
  readonly interval: Interval
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
 * flagged. The clock never goes back, and slews at a limited rate. Reading it is what moves it, so `now` must not go back.
 */
export interface ServedClock {
  /** Takes a newer certified region; which ones may steer is the caller's decision. */
  adopt(certified: CertifiedTime): void
  /** Undefined while there is no certificate yet and patience lasts, or neither a certificate nor own hardware. */
  read(now: MonoNs, own: OwnTime | undefined): ServedReading | undefined
}

/** How fast the served clock may run away from the oscillator while it corrects itself: what clocks tolerate from adjtime. */
const SLEW_PPB_MAX = 500_000n

/**
 * `patienceUntil`: before the first certificate nothing is served until then, since hardware that nobody has confirmed may
 * stand under a spoofed sky; afterwards it is served, flagged.
 */
export function createServedClock(patienceUntil: MonoNs): ServedClock {
  let certified: CertifiedTime | undefined
  let last: { readonly monoNs: MonoNs; readonly taiNs: TaiNs } | undefined
  return {
    adopt: (newer) => {
      certified = newer
    },
    read: (now, own) => {
      const held = certified !== undefined && now <= certified.voidAfterMono ? certified : undefined
      const unconfirmed = certified === undefined && now < patienceUntil
      const fallback = unconfirmed ? undefined : own?.interval
      const source = held === undefined ? fallback : certifiedAt(held, now)
      if (source === undefined) return undefined
      const wanted = taiNs(own === undefined ? midpoint(source) : clamp(own.taiNs, source))
      const taiNow = last === undefined ? wanted : slewed(last, wanted, now, held?.ratePpb ?? 0n)
      last = { monoNs: now, taiNs: taiNow }
      const flags: ServedFlag[] = []
      if (held === undefined) flags.push('hardware-fallback')
      else if (own !== undefined && !meets(own.interval, source)) flags.push('own-hardware-misses-region')
      return {
        monoNs: now,
        taiNs: taiNow,
        targetTaiNs: wanted,
        interval: source,
        boundNs: errorBound(taiNow, source),
        origin: held === undefined ? 'own-hardware' : 'certified',
        flags,
      }
    },
  }
}

/** The certified interval at a later instant: moved on by the known rate, widened by what the rate may be wrong. */
function certifiedAt({ markMono, lo, hi, ratePpb, rateBoundPpb }: CertifiedTime, now: MonoNs): Interval {
  const elapsedNs = between(markMono, now)
  const forward = elapsedNs + divFloor(elapsedNs * ratePpb, NS_PER_SECOND)
  // One nanosecond for rounding the rate; ageing is never negative, even for a reading before the mark.
  const agedNs = divCeil((elapsedNs < 0n ? -elapsedNs : elapsedNs) * rateBoundPpb, NS_PER_SECOND) + 1n
  return interval(lo + forward - agedNs, hi + forward + agedNs)
}

/** From the last served instant towards the wanted one, no faster than the slew limit allows, never back. */
function slewed(
  last: { readonly monoNs: MonoNs; readonly taiNs: TaiNs },
  wanted: TaiNs,
  now: MonoNs,
  ratePpb: bigint,
): TaiNs {
  const elapsedNs = between(last.monoNs, now)
  if (elapsedNs <= 0n) return last.taiNs
  const natural = plus(last.taiNs, elapsedNs + divFloor(elapsedNs * ratePpb, NS_PER_SECOND))
  const reachNs = divFloor(elapsedNs * SLEW_PPB_MAX, NS_PER_SECOND)
  return plus(natural, clamp(between(natural, wanted), interval(-reachNs, reachNs)))
}
