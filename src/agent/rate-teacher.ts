import type { HardwareVerdict } from '../consensus/outcome.ts'
import { divCeil, max } from '../core/integer.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../core/time.ts'
import { createCertifiedRate, type RateInterval } from '../fusion/certified-rate.ts'
import type { RangingClock } from '../fusion/ranging-clock.ts'
import type { CertifiedTime } from '../fusion/served-clock.ts'
import type { FrequencyEstimate } from '../fusion/source-clock.ts'
import type { Report } from './agent-event.ts'

/**
 * Lets the own hardware say how fast the oscillator runs, as far as certificates bear it out: a promise is never narrower
 * than what they leave open, and hardware that they find wrong teaches nothing.
 */
export interface RateTeacher {
  /** A certificate: the verdict on the own hardware, and the own region as time, when it has one. */
  follow(verdict: HardwareVerdict, certified: CertifiedTime | undefined, now: MonoNs): void
  /** At every mark: a rate that nothing has confirmed for long is no promise any more. */
  expire(now: MonoNs): void
  /** The newest verdict other than `none` was `fail`. */
  refuted(): boolean
}

export interface RateTeacherOptions {
  readonly rangingClock: RangingClock
  /** What the oscillator may wander however well its rate was measured. */
  readonly floorPpb: bigint
  frequency(now: MonoNs): FrequencyEstimate | undefined
  readonly report: Report
}

/** After a failed verdict the hardware has to pass so often before it teaches again. */
const PASSES_AFTER_FAIL = 60
/** Temperature moves a crystal by more than its floor within minutes. */
const CONFIRMED_FOR_NS = 300n * NS_PER_SECOND
/** What the ranging clock makes of an uncertainty: see its `learn`. */
const WANDER_FACTOR = 3n

export function createRateTeacher({ rangingClock, floorPpb, frequency, report }: RateTeacherOptions): RateTeacher {
  const certifiedRate = createCertifiedRate(floorPpb)
  let passesNeeded = 0
  let failed = false
  let confirmedAt: MonoNs | undefined

  const teach = (now: MonoNs): boolean => {
    const measured = frequency(now)
    const open = certifiedRate.read()
    if (measured === undefined || open === undefined) return false
    const apartPpb = distancePpb(measured, open)
    // The hardware's rate is outside of what certificates allow: a sky that walks.
    if (apartPpb === undefined) return rangingClock.unlearn(now)
    confirmedAt = now
    const uncertaintyPpb = Math.max(measured.uncertaintyPpb, Number(divCeil(apartPpb, WANDER_FACTOR)))
    return rangingClock.learn({ ...measured, uncertaintyPpb }, now)
  }
  const tell = (began: boolean): void => {
    if (!began) return
    const { segment, ratePpb, boundPpb } = rangingClock
    report({ type: 'segment', segment, ratePpb, boundPpb })
  }
  return {
    follow: (verdict, certified, now) => {
      if (certified !== undefined) certifiedRate.add(certified.markMono, certified.lo, certified.hi)
      if (verdict === 'fail') {
        failed = true
        passesNeeded = PASSES_AFTER_FAIL
        tell(rangingClock.unlearn(now))
      } else if (verdict === 'pass') {
        failed = false
        if (passesNeeded > 0) passesNeeded -= 1
        else tell(teach(now))
      }
    },
    expire: (now) => {
      if (confirmedAt === undefined || between(confirmedAt, now) <= CONFIRMED_FOR_NS) return
      confirmedAt = undefined
      tell(rangingClock.unlearn(now))
    },
    refuted: () => failed,
  }
}

/** How far the farther end of what is open is from a measured rate; undefined when they do not meet. */
function distancePpb({ ppb, uncertaintyPpb }: FrequencyEstimate, { loPpb, hiPpb }: RateInterval): bigint | undefined {
  const centre = BigInt(Math.round(ppb))
  const half = BigInt(Math.ceil(uncertaintyPpb))
  if (centre + half < loPpb || centre - half > hiPpb) return undefined
  return max(centre - loPpb, hiPpb - centre)
}
