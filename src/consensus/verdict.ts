import { abs, divFloor } from '../core/integer.ts'
import { meets } from '../core/interval.ts'
import { NS_PER_MILLISECOND } from '../core/time.ts'
import type { AgreedFrame } from './agreed-frame.ts'
import type { Grade, HardwareVerdict } from './outcome.ts'

/** How far hardware may be from the agreement, and how wide its own bound may be, to count as confirming it. */
const HARDWARE_LIMIT_NS = NS_PER_MILLISECOND

/**
 * Step 5 of the agreement, for the observer of a frame: `fail` when its own interval misses the region, `none` when there
 * is nothing to judge (no region, no interval of its own, or a bound above 1 ms), `pass` when its correction c_r = x − a_r is
 * at most 1 ms. A larger correction with an interval that meets the region says that the region is too wide to judge by:
 * its point was chosen far from hardware that nothing contradicts, and congested links must not convict an honest clock.
 */
export function hardwareVerdict({ observer, intervals, region }: AgreedFrame): HardwareVerdict {
  const own = intervals.find(({ member }) => member === observer.member)
  const { nodeClock, rangingNs } = observer.reading
  if (region === undefined || own === undefined || nodeClock === undefined) return 'none'
  if (!meets(own, region)) return 'fail'
  if (nodeClock.boundNs > HARDWARE_LIMIT_NS) return 'none'
  const correctionNs = region.point - (nodeClock.taiNs - rangingNs)
  return abs(correctionNs) <= HARDWARE_LIMIT_NS ? 'pass' : 'none'
}

/** How far the hardware of the listed members confirms what was agreed. */
export function gradeOf(verdicts: readonly HardwareVerdict[], f: number): Grade {
  const { passes, fails } = tally(verdicts)
  if (passes >= f + 1 && fails <= f) return 'validated'
  return passes >= 1 ? 'partial' : 'unvalidated'
}

/** passes / (passes + fails) in ppm, rounded down; undefined when nobody passed or failed. */
export function hardwareConfidencePpm(verdicts: readonly HardwareVerdict[]): number | undefined {
  const { passes, fails } = tally(verdicts)
  if (passes + fails === 0) return undefined
  return Number(divFloor(BigInt(passes) * 1_000_000n, BigInt(passes + fails)))
}

/**
 * Members whose interval misses the region in at least f + 1 frames other than their own: at least one of those frames
 * is honest, and an honest interval never misses an honest region. Sorted.
 */
export function outliersOf(frames: readonly AgreedFrame[], f: number): readonly number[] {
  const misses = new Map<number, number>()
  for (const { observer, intervals, region } of frames) {
    if (region === undefined) continue
    for (const interval of intervals) {
      if (interval.member === observer.member || meets(interval, region)) continue
      misses.set(interval.member, (misses.get(interval.member) ?? 0) + 1)
    }
  }
  return [...misses].flatMap(([member, count]) => (count >= f + 1 ? [member] : [])).sort((a, b) => a - b)
}

function tally(verdicts: readonly HardwareVerdict[]): { readonly passes: number; readonly fails: number } {
  const count = (wanted: HardwareVerdict): number => verdicts.filter((verdict) => verdict === wanted).length
  return { passes: count('pass'), fails: count('fail') }
}
