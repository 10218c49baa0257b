import type { MonoNs } from '../core/time.ts'
import { createOffsetSlope } from './offset-slope.ts'
import { createSteeringBudget, fraction, type SteeringLimits } from './steering-budget.ts'

/** One decision, with its reason. */
export type SteeringDecision = { readonly at: MonoNs; readonly reason: string } & (
  | { readonly kind: 'refused' }
  /** Measured, and left as it is. */
  | { readonly kind: 'held'; readonly offsetE15: number; readonly uncertaintyE15: number }
  | {
      readonly kind: 'steered'
      readonly offsetE15: number
      readonly uncertaintyE15: number
      readonly fromE15: number
      readonly toE15: number
    }
)

/** What is known at one instant. */
export interface SteeringInput {
  readonly now: MonoNs
  /** Why the source may not be steered now; undefined: it may (see `whyNotSteer`). */
  readonly whyNot: string | undefined
  /** Its own time minus the node clock's, of any constant size, ns; undefined: it has no pulse to compare. */
  readonly offsetNs: number | undefined
  /** What it is steered to, 1e-15. */
  readonly steeredE15: number | undefined
}

/**
 * The slow loop that takes the frequency offset out of a source: it is compared with the node clock for a whole interval
 * in which nothing was in doubt, then changed by half of what was measured, within its limits. The phase is never touched.
 * A measurement that does not follow from the one before by what was steered is not acted upon: an oscillator does not
 * jump, but a node clock under a walking sky does just that. From then on nothing is steered until it fits again.
 */
export interface SourceSteering {
  /** Once a second. A decision, when there is a new one. */
  tick(input: SteeringInput): SteeringDecision | undefined
  /** The instrument would not: the decision is taken back. */
  failed(reason: string, now: MonoNs): SteeringDecision
  last(): SteeringDecision | undefined
  /** How much of the interval has been measured, 0 to 1. */
  measured(): number
}

/** Half of the offset: two loops on one truth do not swing, and what is noise in one measurement is halved. */
const GAIN = 0.5

export function createSourceSteering(limits: SteeringLimits): SourceSteering {
  const slope = createOffsetSlope(limits.intervalNs)
  const budget = createSteeringBudget(limits)
  /** What the next measurement is expected to find. */
  let expected: { readonly offsetE15: number; readonly uncertaintyE15: number } | undefined
  let steeredE15: number | undefined
  /** What was ordered and has not been read back yet. */
  let orderedE15: number | undefined
  let last: SteeringDecision | undefined

  /** An instrument may tell it to its own resolution. */
  const isOrdered = (saidE15: number): boolean =>
    orderedE15 !== undefined && Math.abs(saidE15 - orderedE15) <= limits.resolutionE15 / 2
  const say = (decision: SteeringDecision): SteeringDecision | undefined => {
    const repeats = last?.kind === 'refused' && decision.kind === 'refused' && last.reason === decision.reason
    last = decision
    return repeats ? undefined : decision
  }
  const refuse = (now: MonoNs, reason: string): SteeringDecision | undefined => {
    slope.restart()
    return say({ kind: 'refused', at: now, reason })
  }
  const decide = (now: MonoNs, fromE15: number, offsetE15: number, uncertaintyE15: number): SteeringDecision => {
    const measured = { at: now, offsetE15: Math.round(offsetE15), uncertaintyE15: Math.round(uncertaintyE15) }
    if (Math.abs(offsetE15) > limits.offsetE15Max) {
      const reason = `it is measured ${fraction(offsetE15)} off, more than the ${fraction(limits.offsetE15Max)} that it may be`
      return { kind: 'refused', at: now, reason }
    }
    const surprise = expected === undefined ? 0 : Math.abs(offsetE15 - expected.offsetE15)
    const allowed = limits.changeE15Max + uncertaintyE15 + (expected?.uncertaintyE15 ?? 0)
    if (expected !== undefined && surprise > allowed) {
      const reason =
        `it is measured ${fraction(offsetE15)} off after ${fraction(expected.offsetE15)} was left, and the difference is more ` +
        `than the ${fraction(allowed)} that an oscillator changes by: the clock that it is compared with may be walking`
      return { kind: 'refused', at: now, reason }
    }
    if (Math.abs(offsetE15) <= uncertaintyE15) {
      expected = { offsetE15, uncertaintyE15 }
      return { kind: 'held', ...measured, reason: 'its offset is within what is not known of it' }
    }
    const { byE15, reason } = budget.allow(now, fromE15, -GAIN * offsetE15)
    expected = { offsetE15: offsetE15 + byE15, uncertaintyE15 }
    if (byE15 === 0) return { kind: 'held', ...measured, reason }
    budget.spend(now, byE15)
    const toE15 = Math.round(fromE15 + byE15)
    orderedE15 = toE15
    return { kind: 'steered', ...measured, fromE15, toE15, reason }
  }

  return {
    tick({ now, whyNot, offsetNs, steeredE15: said }) {
      if (whyNot !== undefined) return refuse(now, whyNot)
      if (offsetNs === undefined) return refuse(now, 'it has no pulse that could be compared')
      if (said === undefined) return refuse(now, 'it does not say what it is steered to')
      if (said !== steeredE15) {
        // What was measured until now was another frequency. Somebody else's change is taken as it is.
        if (expected !== undefined && steeredE15 !== undefined && !isOrdered(said)) {
          expected = { ...expected, offsetE15: expected.offsetE15 + said - steeredE15 }
        }
        orderedE15 = undefined
        steeredE15 = said
        slope.restart()
      }
      slope.add(now, offsetNs)
      const measured = slope.read()
      if (measured === undefined) return undefined
      slope.restart()
      return say(decide(now, said, measured.e15, measured.uncertaintyE15))
    },
    failed(reason, now) {
      if (last?.kind === 'steered') {
        orderedE15 = undefined
        expected = { offsetE15: last.offsetE15, uncertaintyE15: last.uncertaintyE15 }
        budget.takeBack()
      }
      slope.restart()
      last = { kind: 'refused', at: now, reason }
      return last
    },
    last: () => last,
    measured: slope.filled,
  }
}
