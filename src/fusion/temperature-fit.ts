import { median } from './robust-line.ts'

/** Where an oscillator stood, and how warm it had been by then. */
export interface WarmPoint {
  /** Seconds and nanoseconds from the anchor. */
  readonly atS: number
  readonly ns: number
  /** Temperature times time since any instant. */
  readonly sumKs: number
}

/** At the newest point its rate was `ratePpb` for a temperature of `referenceC`; it changes by `ppbPerK`. */
export interface TemperatureFit {
  readonly ratePpb: number
  readonly ppbPerK: number
  /**
   * The same from what is left of both beside a daily cycle; undefined where nothing is. Whatever goes with the day goes with
   * everything else that does, related or not.
   */
  readonly withinDayPpbPerK: number | undefined
  /** The mean temperature of what was learnt from, and its ends. */
  readonly referenceC: number
  readonly loC: number
  readonly hiC: number
}

/** Narrower than this a range of temperatures says nothing. */
const SPAN_K_MIN = 0.5
/** Points farther than so many typical distances from the fit weigh less, so often the fit is made again. */
const FAR = 3
const ROUNDS = 4
const DAY_S = 86_400
/** What is left of a column beside those before it; with less, they cannot be told apart. */
const LEFT_MIN = 1e-4

/**
 * A rate that ages evenly and goes with the temperature, through places over hours. Least squares in which points that are
 * far off weigh less (Huber). Undefined where the temperatures do not say.
 */
export function fitTemperature(points: readonly WarmPoint[]): TemperatureFit | undefined {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || last.atS <= first.atS) return undefined
  const spanS = last.atS - first.atS
  const referenceC = (last.sumKs - first.sumKs) / spanS
  const temperatures = points.slice(1).map((point, index) => meanBetween(points[index] ?? first, point))
  const [loC, hiC] = [Math.min(...temperatures), Math.max(...temperatures)]
  if (!(hiC - loC >= SPAN_K_MIN)) return undefined
  const rows = points.map(({ atS, sumKs }) => {
    const [part, warmer] = [(atS - first.atS) / spanS, (sumKs - first.sumKs) / spanS]
    return [1, part, part * part, warmer - referenceC * part]
  })
  const places = points.map(({ ns }) => ns)
  const fitted = fitRobustly(rows, places)
  if (fitted === undefined) return undefined
  const [, rate = 0, ageing = 0, warm = 0] = fitted
  const daily = points.map(({ atS }) => (2 * Math.PI * atS) / DAY_S)
  const withDay = rows.map(([one = 1, part = 0, square = 0, warmer = 0], index) => {
    return [one, part, square, Math.sin(daily[index] ?? 0), Math.cos(daily[index] ?? 0), warmer]
  })
  const withinDay = fitRobustly(withDay, places)?.[5]
  const withinDayPpbPerK = withinDay === undefined ? undefined : withinDay / spanS
  return { ratePpb: (rate + 2 * ageing) / spanS, ppbPerK: warm / spanS, withinDayPpbPerK, referenceC, loC, hiC }
}

/** The rate at the newest point by the same without a thermometer, ppb. */
export function fitAgeing(points: readonly WarmPoint[]): number | undefined {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || last.atS <= first.atS) return undefined
  const spanS = last.atS - first.atS
  const parts = points.map(({ atS }) => (atS - first.atS) / spanS)
  const fitted = fitRobustly(
    parts.map((part) => [1, part, part * part]),
    points.map(({ ns }) => ns),
  )
  return fitted && ((fitted[1] ?? 0) + 2 * (fitted[2] ?? 0)) / spanS
}

/** The mean temperature from one point to another, °C. */
export function meanBetween(from: WarmPoint, to: WarmPoint): number {
  return (to.sumKs - from.sumKs) / (to.atS - from.atS)
}

function fitRobustly(rows: readonly (readonly number[])[], values: readonly number[]): readonly number[] | undefined {
  let weights = values.map(() => 1)
  let fitted: readonly number[] | undefined
  for (let round = 0; round < ROUNDS; round++) {
    const coefficients = fitColumns(rows, values, weights)
    if (coefficients === undefined) return undefined
    fitted = coefficients
    const distances = rows.map((row, index) => Math.abs((values[index] ?? 0) - dot(row, coefficients)))
    const gate = FAR * median(distances)
    weights = distances.map((distance) => (distance <= gate ? 1 : gate / distance))
  }
  return fitted
}

/** Weighted least squares by modified Gram–Schmidt; undefined where one column is made of the others. */
function fitColumns(
  rows: readonly (readonly number[])[],
  values: readonly number[],
  weights: readonly number[],
): readonly number[] | undefined {
  const roots = weights.map(Math.sqrt)
  const weighed = (value: (index: number) => number): number[] => roots.map((root, index) => root * value(index))
  const size = rows[0]?.length ?? 0
  const columns = Array.from({ length: size }, (_, column) => weighed((index) => rows[index]?.[column] ?? 0))
  let rest = weighed((index) => values[index] ?? 0)
  const along: number[] = []
  // Of each column along the directions before it, its own length last.
  const shares: number[][] = columns.map(() => [])
  const basis: number[][] = []
  for (const [column, original] of columns.entries()) {
    let left = original
    for (const direction of basis) {
      const share = dot(left, direction)
      shares[column]?.push(share)
      left = left.map((value, row) => value - share * (direction[row] ?? 0))
    }
    const length = Math.sqrt(dot(left, left))
    if (!(length > LEFT_MIN * Math.sqrt(dot(original, original)))) return undefined
    const direction = left.map((value) => value / length)
    basis.push(direction)
    shares[column]?.push(length)
    const share = dot(rest, direction)
    along.push(share)
    rest = rest.map((value, row) => value - share * (direction[row] ?? 0))
  }
  const coefficients = Array.from({ length: size }, () => 0)
  for (let column = size - 1; column >= 0; column--) {
    const known = coefficients.reduce((sum, value, other) => sum + value * (shares[other]?.[column] ?? 0), 0)
    coefficients[column] = ((along[column] ?? 0) - known) / (shares[column]?.[column] ?? 1)
  }
  return coefficients
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)
}
