import { between, type MonoNs, NS_PER_SECOND } from '../core/time.ts'

/** How far a source may be steered, and how fast. Frequencies in 1e-15. */
export interface SteeringLimits {
  /** So long it is measured before every decision, and no two changes come closer. */
  readonly intervalNs: bigint
  /** Most that one decision changes. */
  readonly stepE15Max: number
  /** Most that all decisions of any 24 hours change, up and down counted alike. */
  readonly dayE15Max: number
  /** A source that is measured farther off is not believed to be, and neither is the clock that says so. */
  readonly offsetE15Max: number
  /** What its oscillator may change by itself from one decision to the next; more is something else. */
  readonly changeE15Max: number
  /** What the family steers by and within. */
  readonly resolutionE15: number
  readonly rangeE15: number
}

/** What the limits leave of a change that is wanted, and what has been changed within the last day. */
export interface SteeringBudget {
  /** The change that is allowed, 1e-15, in whole steps of the instrument, and the limit that decided. */
  allow(now: MonoNs, fromE15: number, wantedE15: number): { readonly byE15: number; readonly reason: string }
  spend(now: MonoNs, byE15: number): void
  /** The last change did not come about. */
  takeBack(): void
}

const DAY_NS = 86_400n * NS_PER_SECOND

export function createSteeringBudget(limits: SteeringLimits): SteeringBudget {
  let changes: readonly { readonly at: MonoNs; readonly byE15: number }[] = []
  return {
    allow(now, fromE15, wantedE15) {
      changes = changes.filter(({ at }) => between(at, now) < DAY_NS)
      const spent = changes.reduce((sum, { byE15 }) => sum + Math.abs(byE15), 0)
      const ways: readonly (readonly [number, string])[] = [
        [Math.abs(wantedE15), 'half of the offset is taken out'],
        [limits.stepE15Max, `no more than ${fraction(limits.stepE15Max)} at once`],
        [limits.dayE15Max - spent, `no more than ${fraction(limits.dayE15Max)} a day`],
        [
          limits.rangeE15 - Math.sign(wantedE15) * fromE15,
          `the instrument is steered by ${fraction(limits.rangeE15)} at most`,
        ],
      ]
      const [least, reason] = ways.reduce((a, b) => (b[0] < a[0] ? b : a))
      const steps = Math.floor(Math.max(0, least) / limits.resolutionE15 + ROUNDING)
      return { byE15: Math.sign(wantedE15) * steps * limits.resolutionE15, reason }
    },
    spend(now, byE15) {
      changes = [...changes, { at: now, byE15 }]
    },
    takeBack() {
      changes = changes.slice(0, -1)
    },
  }
}

/** A whole number of steps stays one after it was divided. */
const ROUNDING = 1e-9

/** `2.3e-11`: a frequency for people. */
export function fraction(e15: number): string {
  return (e15 * 1e-15).toExponential(1)
}
