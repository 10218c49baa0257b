import { between, type MonoNs, NS_PER_SECOND } from '../core/time.ts'
import { type AnnouncedQuality, GRADES } from './ptp4l-settings.ts'

/** Worse is announced at once, better when it has lasted: receivers change grandmasters by what is announced. */
export interface QualityHold {
  settle(quality: AnnouncedQuality, now: MonoNs): AnnouncedQuality
}

const LASTED_NS = 10n * NS_PER_SECOND
/** Looks come once a second, and a few more at changes. */
const KEPT_MAX = 64

export function createQualityHold(): QualityHold {
  let kept: { readonly quality: AnnouncedQuality; readonly monoNs: MonoNs }[] = []
  return {
    settle: (quality, now) => {
      kept = [...kept, { quality, monoNs: now }].filter(({ monoNs }) => between(monoNs, now) < LASTED_NS)
      kept = kept.slice(-KEPT_MAX)
      return kept.map((each) => each.quality).reduce(worst)
    },
  }
}

function worst(a: AnnouncedQuality, b: AnnouncedQuality): AnnouncedQuality {
  return {
    grade: GRADES.indexOf(a.grade) > GRADES.indexOf(b.grade) ? a.grade : b.grade,
    clockAccuracy: Math.max(a.clockAccuracy, b.clockAccuracy),
  }
}
