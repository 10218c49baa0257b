import type { LabelSample } from '../../src/core/sample.ts'
import type { MonoNs, TaiNs } from '../../src/core/time.ts'
import type { LabelJudge } from './label-judge.ts'

/** Joins the labels of a burst with the correction of its pulse, whichever of the two comes first. */
export interface Labels {
  /** What the last label of a scale with leap seconds named. */
  lastTaiNs: TaiNs | undefined
  /** The label with the correction, if it has come in this burst already. */
  make(sample: LabelSample): LabelSample
  /** The correction has come: the last label of its burst with it, or undefined while there is none. */
  correct(pulseLatePs: bigint, came: Instants): LabelSample | undefined
}

interface Instants {
  readonly firstByteAt: MonoNs
  readonly lastByteAt: MonoNs
}

export function createLabels(judge: LabelJudge): Labels {
  let last: LabelSample | undefined
  let correction: { readonly pulseLatePs: bigint; readonly firstByteAt: MonoNs } | undefined
  return {
    lastTaiNs: undefined,
    make(sample) {
      const isCorrected = correction !== undefined && judge.sameBurst(correction.firstByteAt, sample.firstByteAt)
      last = isCorrected && correction !== undefined ? { ...sample, pulseLatePs: correction.pulseLatePs } : sample
      return last
    },
    correct(pulseLatePs, { firstByteAt, lastByteAt }) {
      correction = { pulseLatePs, firstByteAt }
      if (last === undefined || !judge.sameBurst(last.firstByteAt, firstByteAt)) return undefined
      return { ...last, firstByteAt, lastByteAt, pulseLatePs }
    },
  }
}
