import { abs, compare } from '../core/integer.ts'
import type { AgreedFrame } from './agreed-frame.ts'
import { isCurrent, type Readings } from './frame-intervals.ts'

/**
 * Achieved precision, ns: how well the corrected clocks agree with each other. Within each frame r that has a region,
 * the residuals |φ_rs + x_s − x_r| over every other member s whose frame has one and to which r has a current ranging
 * entry (x is the chosen point, the design's c + a; s needs no node clock of its own); of these the (f+1)-th largest, and
 * of that the (f+1)-th largest over frames: f liars can make f residuals, and all residuals of f frames, as large as
 * they like, and neither is reported. A frame with fewer than f + 1 residuals has no say; with fewer than f + 1 frames
 * that have one the precision is undefined.
 */
export function achievedPrecisionNs(frames: readonly AgreedFrame[], readings: Readings, f: number): bigint | undefined {
  const points = new Map<number, bigint>()
  for (const { observer, region } of frames) if (region !== undefined) points.set(observer.member, region.point)
  const perFrame = frames.map((frame) => largest(residuals(frame, points, readings), f + 1))
  return largest(
    perFrame.filter((residual) => residual !== undefined),
    f + 1,
  )
}

function residuals(
  { observer, region }: AgreedFrame,
  points: ReadonlyMap<number, bigint>,
  readings: Readings,
): bigint[] {
  if (region === undefined) return []
  return observer.ranging.flatMap((entry) => {
    const peer = readings[entry.peer]
    const point = points.get(entry.peer)
    if (peer === undefined || point === undefined || !isCurrent(entry, peer)) return []
    return [abs(entry.phiNs + point - region.point)]
  })
}

/** The `rank`-th largest value, counted from 1; undefined when there are fewer. */
function largest(values: readonly bigint[], rank: number): bigint | undefined {
  return values.toSorted(compare).at(-rank)
}
