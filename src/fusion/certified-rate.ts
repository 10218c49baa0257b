import { divCeil, divFloor, max, min } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_SECOND, type TaiNs } from '../core/time.ts'

/** TAI against the local oscillator, minus one, in ppb: somewhere from lo to hi. */
export interface RateInterval {
  readonly loPpb: bigint
  readonly hiPpb: bigint
}

/**
 * What certified regions leave open about the rate of the own oscillator. The own hardware may say more, but under a sky
 * that walks away slowly it says something wrong, and only certificates can tell: no promise about the own rate may be
 * narrower than this. It only ever widens what the hardware claims; the rate itself stays the hardware's word.
 */
export interface CertifiedRate {
  /** A certified region of this appliance, as time: at local instant `at`, TAI was in [lo, hi]. Instants must ascend. */
  add(at: MonoNs, lo: TaiNs, hi: TaiNs): void
  /** Undefined while the baseline is too short to say anything, or when regions contradict one steady rate. */
  read(): RateInterval | undefined
}

interface Certified {
  readonly at: MonoNs
  readonly lo: TaiNs
  readonly hi: TaiNs
}

const BASELINE_NS_MIN = 4n * NS_PER_SECOND
/** Older regions say more about the mean and less about now: the oscillator wanders. */
const BASELINE_NS_MAX = 1_000n * NS_PER_SECOND
/** Regions closer than this are all kept for so many; then one in so many. */
const RECENT_KEPT = 64
const SPARSE_EVERY = 8

/** `wanderPpb`: how far the rate of now may be from its mean over the longest baseline, by the class of the oscillator. */
export function createCertifiedRate(wanderPpb: bigint): CertifiedRate {
  let recent: Certified[] = []
  let sparse: Certified[] = []
  let moved = 0
  return {
    add: (at, lo, hi) => {
      recent.push({ at, lo, hi })
      if (recent.length > RECENT_KEPT) {
        const [oldest, ...others] = recent
        recent = others
        if (oldest !== undefined && moved % SPARSE_EVERY === 0) sparse.push(oldest)
        moved += 1
      }
      sparse = sparse.filter((certified) => between(certified.at, at) <= BASELINE_NS_MAX)
    },
    read: () => {
      const newest = recent.at(-1)
      if (newest === undefined) return undefined
      let open: RateInterval | undefined
      for (const older of [...sparse, ...recent]) {
        const baselineNs = between(older.at, newest.at)
        if (baselineNs < BASELINE_NS_MIN) continue
        const loPpb = divFloor((between(older.hi, newest.lo) - baselineNs) * NS_PER_SECOND, baselineNs) - wanderPpb
        const hiPpb = divCeil((between(older.lo, newest.hi) - baselineNs) * NS_PER_SECOND, baselineNs) + wanderPpb
        open = open === undefined ? { loPpb, hiPpb } : { loPpb: max(open.loPpb, loPpb), hiPpb: min(open.hiPpb, hiPpb) }
      }
      return open !== undefined && open.loPpb <= open.hiPpb ? open : undefined
    },
  }
}
