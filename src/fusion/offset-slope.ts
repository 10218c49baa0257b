import { between, type MonoNs } from '../core/time.ts'

/** How fast an offset grows, over a window of a given length: a frequency, with what is not known of it. */
export interface OffsetSlope {
  /** Takes an offset at `at`, which must ascend; one that jumped away from the one before begins the window anew. */
  add(at: MonoNs, offsetNs: number): void
  restart(): void
  /** How much of the window there is, 0 to 1. */
  filled(): number
  /** Undefined before the window is full. */
  read(): Slope | undefined
}

export interface Slope {
  /** Offset per time, 1e-15: nanoseconds a second times a million. */
  readonly e15: number
  /**
   * The larger of twice its standard error and half of what the two halves of the window differ by, 1e-15. The first is
   * what white noise does, the second shows that something moved in between.
   */
  readonly uncertaintyE15: number
}

/** Nothing that may be compared moves so far between two readings. */
const JUMP_NS = 1_000
/** Readings are averaged in so many bins: memory stays small, and neighbours in one bin are not taken for independent. */
const BINS = 128
const BINS_MIN = 64
const E15_PER_NS_A_SECOND = 1e6

interface Bin {
  readonly index: number
  sumS: number
  sumNs: number
  count: number
}

interface Point {
  readonly x: number
  readonly y: number
}

export function createOffsetSlope(windowNs: bigint): OffsetSlope {
  const binNs = windowNs / BigInt(BINS)
  let from: MonoNs | undefined
  let last: { readonly at: MonoNs; readonly offsetNs: number } | undefined
  let bins: Bin[] = []

  const restart = (): void => {
    from = undefined
    last = undefined
    bins = []
  }
  return {
    add(at, offsetNs) {
      if (last !== undefined && (at <= last.at || Math.abs(offsetNs - last.offsetNs) > JUMP_NS)) restart()
      from ??= at
      last = { at, offsetNs }
      const sinceNs = between(from, at)
      const index = Number(sinceNs / binNs)
      const bin = bins.at(-1)
      const atS = Number(sinceNs) / 1e9
      if (bin?.index !== index) bins.push({ index, sumS: atS, sumNs: offsetNs, count: 1 })
      else {
        bin.sumS += atS
        bin.sumNs += offsetNs
        bin.count += 1
      }
    },
    restart,
    filled: () =>
      from === undefined || last === undefined ? 0 : Math.min(1, Number(between(from, last.at)) / Number(windowNs)),
    read() {
      if (from === undefined || last === undefined || between(from, last.at) < windowNs) return undefined
      if (bins.length < BINS_MIN) return undefined
      const points = bins.map(({ sumS, sumNs, count }) => ({ x: sumS / count, y: sumNs / count }))
      const whole = leastSquares(points)
      const half = points.length >> 1
      const apart = Math.abs(leastSquares(points.slice(0, half)).slope - leastSquares(points.slice(half)).slope)
      const uncertainty = Math.max(2 * whole.standardError, apart / 2)
      return { e15: whole.slope * E15_PER_NS_A_SECOND, uncertaintyE15: uncertainty * E15_PER_NS_A_SECOND }
    },
  }
}

/** Least squares; at least 32 points at different instants. */
function leastSquares(points: readonly Point[]): { readonly slope: number; readonly standardError: number } {
  const count = points.length
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / count
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / count
  const spreadX = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spreadX
  const rest = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, standardError: Math.sqrt(rest / (count - 2) / spreadX) }
}
