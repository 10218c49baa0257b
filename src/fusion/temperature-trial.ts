import { fitAgeing, fitTemperature, meanBetween, type TemperatureFit, type WarmPoint } from './temperature-fit.ts'

/** What the temperature is worth for the rate of one oscillator, by predictions that were made before the fact. */
export interface TemperatureTrial {
  /**
   * A new point, with all before it that belong together, the newest last; `plainPpb` is the rate that would be expected
   * of the next hours without a thermometer.
   */
  hear(points: readonly WarmPoint[], plainPpb: number): void
  read(): TemperatureVerdict
  forget(): void
}

export interface TemperatureVerdict {
  /** Undefined: the temperatures did not say anything yet. */
  readonly fit: TemperatureFit | undefined
  readonly used: boolean
  /** Why it is used, or why not. */
  readonly reason: string
}

/**
 * `mean`: what is expected is the mean rate of what was learnt, and with a thermometer the rate that goes with the
 * temperature. `recent`: it is the rate of just now, and with a thermometer its change since.
 */
export type Expectation = 'mean' | 'recent'

/** A prediction is for so long, and one is made so often. */
const HORIZON_S = 7_200
const SPACING_S = 3_600
/** The first is made from so many points, … */
const POINTS_MIN = 48
/** … the verdict is by so many, of which the newest are kept. */
const TRIALS_MIN = 12
const TRIALS_MAX = 24
/** What the thermometer must leave of the error, and how often it must be the better one, to be used … */
const LEFT_MAX = 0.7
const WINS_MIN = 2 / 3
/** … and to stay in use. */
const LEFT_MAX_IN_USE = 0.85
const WINS_MIN_IN_USE = 0.5

/** What it is within a day must be about what it is over the day, in so many fits in a row. */
const WITHIN_DAY_MIN = 0.5
const WITHIN_DAY_MAX = 1.6
const AGREEING_MIN = 6

interface Prediction {
  readonly from: WarmPoint
  readonly plainPpb: number
  /** By a fit with everything but the temperature, so that nothing else is taken for what that is worth. */
  readonly coldPpb: number
  readonly warm: TemperatureFit
}

/** How far each prediction was off. */
interface Trial {
  readonly plainPpb: number
  readonly coldPpb: number
  readonly warmPpb: number
}

export function createTemperatureTrial(expectation: Expectation): TemperatureTrial {
  // Oldest first.
  let open: readonly Prediction[] = []
  let trials: readonly Trial[] = []
  let fit: TemperatureFit | undefined
  let agreeing = 0
  let used = false

  return {
    hear: (points, plainPpb) => {
      const newest = points.at(-1)
      const before = points.at(-2)
      if (newest === undefined || before === undefined || points.length < POINTS_MIN) return
      const isOver = ({ from }: Prediction): boolean => newest.atS - from.atS >= HORIZON_S
      const over = open.filter(isOver).map((prediction) => tried(prediction, newest))
      open = open.filter((prediction) => !isOver(prediction))
      if (over.length > 0) {
        trials = [...trials, ...over].slice(-TRIALS_MAX)
        used = agreeing >= AGREEING_MIN && isWorthIt(trials, used)
      }
      const last = open.at(-1)
      if (last !== undefined && newest.atS - last.from.atS < SPACING_S) return
      fit = fitTemperature(points)
      agreeing = fit !== undefined && agrees(fit) ? agreeing + 1 : 0
      const coldPpb = fitAgeing(points)
      if (fit === undefined || coldPpb === undefined) return
      open = [...open, predict(expectation, { from: newest, plainPpb, coldPpb, warm: fit }, before)]
    },
    read: () => ({ fit, used: used && fit !== undefined, reason: reasonOf(fit, trials, agreeing, used) }),
    forget: () => {
      open = []
      trials = []
      fit = undefined
      agreeing = 0
      used = false
    },
  }
}

function predict(expectation: Expectation, byMean: Prediction, before: WarmPoint): Prediction {
  if (expectation === 'mean') return byMean
  const { from, warm } = byMean
  const recentPpb = (from.ns - before.ns) / (from.atS - before.atS)
  const recent = { ...warm, ratePpb: recentPpb, referenceC: meanBetween(before, from) }
  return { from, plainPpb: recentPpb, coldPpb: recentPpb, warm: recent }
}

function agrees({ ppbPerK, withinDayPpbPerK }: TemperatureFit): boolean {
  if (withinDayPpbPerK === undefined || ppbPerK === 0) return false
  const ratio = withinDayPpbPerK / ppbPerK
  return ratio >= WITHIN_DAY_MIN && ratio <= WITHIN_DAY_MAX
}

function tried({ from, plainPpb, coldPpb, warm }: Prediction, to: WarmPoint): Trial {
  const wasPpb = (to.ns - from.ns) / (to.atS - from.atS)
  const celsius = Math.min(warm.hiC, Math.max(warm.loC, meanBetween(from, to)))
  const warmPpb = warm.ratePpb + warm.ppbPerK * (celsius - warm.referenceC)
  return {
    plainPpb: Math.abs(wasPpb - plainPpb),
    coldPpb: Math.abs(wasPpb - coldPpb),
    warmPpb: Math.abs(wasPpb - warmPpb),
  }
}

function isWorthIt(trials: readonly Trial[], inUse: boolean): boolean {
  if (trials.length < TRIALS_MIN) return false
  const [leftMax, winsMin] = inUse ? [LEFT_MAX_IN_USE, WINS_MIN_IN_USE] : [LEFT_MAX, WINS_MIN]
  return (['plainPpb', 'coldPpb'] as const).every(
    (without) =>
      errorPpb(trials, 'warmPpb') <= leftMax * errorPpb(trials, without) &&
      wins(trials, without) >= winsMin * trials.length,
  )
}

function wins(trials: readonly Trial[], without: 'plainPpb' | 'coldPpb'): number {
  return trials.filter((trial) => trial.warmPpb < trial[without]).length
}

function errorPpb(trials: readonly Trial[], which: keyof Trial): number {
  return Math.sqrt(trials.reduce((sum, trial) => sum + trial[which] ** 2, 0) / trials.length)
}

function reasonOf(fit: TemperatureFit | undefined, trials: readonly Trial[], agreeing: number, used: boolean): string {
  if (fit === undefined) return 'too little was seen of it, or it hardly changed'
  if (trials.length < TRIALS_MIN) return `${trials.length} of ${TRIALS_MIN} predictions of two hours are over`
  const without = errorPpb(trials, 'plainPpb') < errorPpb(trials, 'coldPpb') ? 'plainPpb' : 'coldPpb'
  const [warm, cold] = [errorPpb(trials, 'warmPpb'), errorPpb(trials, without)].map((ppb) => ppb.toPrecision(2))
  const scores = `${wins(trials, without)} of ${trials.length} times predicted better with it, ${warm} ppb off instead of ${cold} ppb`
  if (agreeing < AGREEING_MIN)
    return 'its changes within hours are not those of the rate: what both do in a day may be chance'
  return used ? scores : `it does not help enough: ${scores}`
}
