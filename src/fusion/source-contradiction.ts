import { type Fault, fail } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import type { TimeSample } from '../core/sample.ts'
import { between } from '../core/time.ts'
import { predict, type SourceFit, spreadNs } from './source-fit.ts'

/** When a reading contradicts the line of its source, and what people are told of it. */

/** How far from the line a reading that is right may lie; the accuracy is left out, for it moves all readings alike. */
function gateNs(fit: SourceFit, sample: TimeSample): bigint {
  return spreadNs(fit, sample.monoNs) + sample.precisionNs
}

/** Whether a reading may be right if the line is. */
export function agrees(fit: SourceFit, sample: TimeSample): boolean {
  return abs(offsetNs(fit, sample)) <= gateNs(fit, sample)
}

/** So many readings in a row that contradict the line alike are a step of the source. */
export const STEP_COUNT = 4

/** Whether the readings all lie to one side of the line, and alike: as far from it as noise and the rate allow. */
export function isStep(samples: readonly TimeSample[], fit: SourceFit): boolean {
  const first = samples[0]
  if (samples.length < STEP_COUNT || first === undefined) return false
  const firstNs = offsetNs(fit, first)
  return samples.every((sample) => {
    const offNs = offsetNs(fit, sample)
    return offNs > 0n === firstNs > 0n && abs(offNs - firstNs) <= gateNs(fit, sample) + first.precisionNs
  })
}

/** A reading that cannot follow the one heard before it, whatever the line: the clock stands still or goes back. */
export function orderFault(before: TimeSample, sample: TimeSample): Fault | undefined {
  const monoStepNs = between(before.monoNs, sample.monoNs)
  const taiStepNs = between(before.taiNs, sample.taiNs)
  if (monoStepNs > 0n && taiStepNs > 0n) return undefined
  const steps = `got ${taiStepNs} ns in ${monoStepNs} ns of the local oscillator`
  if (taiStepNs === 0n && monoStepNs > 0n)
    return fail('source.stuck', `${sample.source}: expected its time to go on, ${steps}`).fault
  return fail('source.backwards', `${sample.source}: expected its readings in ascending order, ${steps}`).fault
}

export function outlierFault(fit: SourceFit, sample: TimeSample): Fault {
  const expected = `a reading within ±${gateNs(fit, sample)} ns of its line`
  const got = `${offsetNs(fit, sample)} ns ± ${sample.precisionNs} ns`
  return fail('source.outlier', `${sample.source}: expected ${expected}, got ${got}; not taken`).fault
}

export function stepFault(fit: SourceFit, sample: TimeSample, count: number): Fault {
  const expected = `readings within ±${gateNs(fit, sample)} ns of its line`
  const got = `${count} in a row that are not, the last ${offsetNs(fit, sample)} ns off`
  return fail('source.step', `${sample.source}: expected ${expected}, got ${got}; started anew with them`).fault
}

/** Reading − line. */
function offsetNs(fit: SourceFit, sample: TimeSample): bigint {
  return between(predict(fit, sample.monoNs), sample.taiNs)
}
