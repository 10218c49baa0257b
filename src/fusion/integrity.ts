import type { Fault } from '../core/fault.ts'
import { abs, driftNs } from '../core/integer.ts'
import { hull, type Interval, intersect, meets, midpoint, shift, widen } from '../core/interval.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../core/time.ts'
import { formatOffset } from './format-offset.ts'
import { UNLEARNT_PPB } from './source-class.ts'

/** What is remembered from one judgement to the next. */
export interface IntegrityState {
  /** Set while the sources contradict the flywheel. */
  readonly contradiction: Contradiction | undefined
  /** The last contradiction that was believed. */
  readonly relock: { readonly at: MonoNs; readonly jumpNs: bigint } | undefined
}

interface Contradiction {
  readonly since: MonoNs
  /** Without a break since then; undefined while the flywheel, which grows with age, reaches the new word. */
  readonly missesSince: MonoNs | undefined
  /** Where the sources last put TAI. */
  readonly agreed: Interval
  readonly at: MonoNs
  /** It began as a walk: what stands still at the end of one is no more believable than before. */
  readonly walked: boolean
}

export interface Judgement {
  readonly state: IntegrityState
  /** What may be served for this agreement. */
  readonly interval: Interval
  /** `relocked`: believed from now on, and what the flywheel carries is to be forgotten. */
  readonly verdict: 'trusted' | 'contradicted' | 'relocked'
}

export const UNTROUBLED: IntegrityState = { contradiction: undefined, relock: undefined }

/** How long a new word that contradicts the flywheel must stand before it is believed. */
const CONFIRM_NS = 10n * NS_PER_SECOND

/** … and one that walked away from it. */
const CONFIRM_WALKED_NS = 3_600n * NS_PER_SECOND

/** How long people are told of a jump that was believed. */
const TELL_NS = 60n * NS_PER_SECOND

/**
 * Does what the sources agree on fit what was trusted before? A jump is a re-lock or a spoofed sky, and one look cannot
 * tell which: the interval covers both for 10 s. A word that has stood for so long is believed. A word that fits is taken
 * as it is, unless the flywheel knows better: a poor source that is left alone does not spoil a good holdover. A word that
 * `walks` away from the flywheel contradicts it while the two still meet, and is not believed for an hour.
 */
export function judge(
  state: IntegrityState,
  agreed: Interval,
  flywheel: Interval | undefined,
  now: MonoNs,
  walks = false,
): Judgement {
  if (flywheel === undefined) return { state: interrupted(state), interval: agreed, verdict: 'trusted' }
  const common = intersect(agreed, flywheel)
  const earlier = goesOn(state.contradiction, agreed, now) ? state.contradiction : undefined
  const since = earlier?.since ?? now
  const walked = walks || earlier?.walked === true
  if (!walks && common !== undefined && (earlier === undefined || between(since, now) >= CONFIRM_NS)) {
    const interval = widthNs(flywheel) < widthNs(agreed) ? common : agreed
    return { state: interrupted(state), interval, verdict: 'trusted' }
  }
  const missesSince = common === undefined ? (earlier?.missesSince ?? now) : undefined
  if (missesSince !== undefined && between(missesSince, now) >= (walked ? CONFIRM_WALKED_NS : CONFIRM_NS)) {
    const relock = { at: now, jumpNs: midpoint(agreed) - midpoint(flywheel) }
    return { state: { contradiction: undefined, relock }, interval: agreed, verdict: 'relocked' }
  }
  const contradiction = { since, missesSince, agreed, at: now, walked }
  return { state: { ...state, contradiction }, interval: hull(agreed, flywheel), verdict: 'contradicted' }
}

/** The state after a moment at which nothing contradicted the flywheel: whatever does so later has to stand anew. */
export function interrupted(state: IntegrityState): IntegrityState {
  return { ...state, contradiction: undefined }
}

/** What people should know. `flywheel` is what was judged against. */
export function integrityAlarms(
  { contradiction, relock }: IntegrityState,
  flywheel: Interval | undefined,
  now: MonoNs,
): readonly Fault[] {
  const alarms: Fault[] = []
  if (contradiction !== undefined && flywheel !== undefined) {
    const jump = formatOffset(midpoint(contradiction.agreed) - midpoint(flywheel))
    const message = `sources: expected to go on from what was trusted before, got a jump of ${jump}`
    alarms.push({ code: 'fusion.jump', message })
  }
  if (relock !== undefined && between(relock.at, now) <= TELL_NS) {
    const jump = formatOffset(relock.jumpNs)
    const message = `sources: a jump of ${jump} against what was trusted before stood for 10 s and was believed`
    alarms.push({ code: 'fusion.relocked', message })
  }
  return alarms
}

/** Whether this is still the same contradiction: a word that jumps on, faster than any oscillator runs, stands anew. */
function goesOn(
  contradiction: Contradiction | undefined,
  agreed: Interval,
  now: MonoNs,
): contradiction is Contradiction {
  if (contradiction === undefined) return false
  const elapsedNs = between(contradiction.at, now)
  const carried = widen(shift(contradiction.agreed, elapsedNs), driftNs(abs(elapsedNs), UNLEARNT_PPB))
  return meets(carried, agreed)
}

function widthNs({ lo, hi }: Interval): bigint {
  return hi - lo
}
