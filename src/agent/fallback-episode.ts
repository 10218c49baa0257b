import { contains, type Interval, meets, midpoint } from '../core/interval.ts'
import { between, type MonoNs, type TaiNs } from '../core/time.ts'
import type { ServedReading } from '../fusion/served-clock.ts'

/** One time without certificates that hold, from its beginning to its end: what was served meanwhile, and how far off. */
export interface FallbackEpisode {
  /** What this appliance served when it began and when it ended; undefined: nothing. */
  readonly beganTai: TaiNs | undefined
  readonly reason: string
  /** The last certificate before. */
  readonly lastCertified: { readonly epoch: number; readonly ageNs: bigint } | undefined
  readonly samples: readonly FallbackSample[]
  readonly ended: FallbackEnd | undefined
}

/** What was served, at growing distances from the beginning. */
export interface FallbackSample {
  readonly sinceNs: bigint
  readonly boundNs: bigint
  /** Where the own hardware says the served clock should be: target − served. */
  readonly offsetNs: bigint
}

export interface FallbackEnd {
  readonly durationNs: bigint
  readonly how: 'certificate' | 'restart' | 'stopped'
  readonly divergence: Divergence | undefined
}

/** What was served in fallback against the first certified interval after it, both at the mark of that epoch. */
export interface Divergence {
  readonly epoch: number
  /** Middle of the certified interval − served time. */
  readonly offsetNs: bigint
  readonly ownBoundNs: bigint
  readonly certifiedBoundNs: bigint
  /** One of the two contains the other, or they have a point in common; if not, the own bound was wrong. */
  readonly ownContainsCertified: boolean
  readonly certifiedContainsOwn: boolean
  readonly meets: boolean
}

export function divergenceOf(
  epoch: number,
  own: { readonly taiNs: bigint; readonly loNs: bigint; readonly hiNs: bigint; readonly boundNs: bigint },
  certified: Interval,
): Divergence {
  const served: Interval = { lo: own.loNs, hi: own.hiNs }
  return {
    epoch,
    offsetNs: midpoint(certified) - own.taiNs,
    ownBoundNs: own.boundNs,
    certifiedBoundNs: (certified.hi - certified.lo + 1n) / 2n,
    ownContainsCertified: contains(served, certified.lo) && contains(served, certified.hi),
    certifiedContainsOwn: contains(certified, served.lo) && contains(certified, served.hi),
    meets: meets(served, certified),
  }
}

const SAMPLES_MAX = 64

/** An episode while it lasts. */
export interface OpenEpisode {
  readonly episode: FallbackEpisode
  /** Keeps a sample when the last one is old enough against the age of the episode; returns whether it did. */
  sample(served: ServedReading | undefined, now: MonoNs): boolean
  end(how: FallbackEnd['how'], divergence: Divergence | undefined, now: MonoNs): FallbackEpisode
}

/** Each sample a quarter later than the one before: 64 of them, of which the first is after a second, are 18 days. */
const GROWTH_NUMERATOR = 5n
const GROWTH_DENOMINATOR = 4n

export function openEpisode(
  began: Pick<FallbackEpisode, 'beganTai' | 'reason' | 'lastCertified'>,
  at: MonoNs,
): OpenEpisode {
  const samples: FallbackSample[] = []
  const episode = (): FallbackEpisode => ({ ...began, samples: [...samples], ended: undefined })
  return {
    get episode() {
      return episode()
    },
    sample: (served, now) => {
      const sinceNs = between(at, now)
      const last = samples.at(-1)?.sinceNs
      if (served === undefined || samples.length >= SAMPLES_MAX) return false
      if (last !== undefined && sinceNs * GROWTH_DENOMINATOR < last * GROWTH_NUMERATOR) return false
      samples.push({ sinceNs, boundNs: served.boundNs, offsetNs: served.targetTaiNs - served.taiNs })
      return true
    },
    end: (how, divergence, now) => ({ ...episode(), ended: { durationNs: between(at, now), how, divergence } }),
  }
}
