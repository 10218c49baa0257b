import type { Fault } from '../core/fault.ts'
import { hull, type Interval, meets, midpoint } from '../core/interval.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../core/time.ts'
import { formatOffset } from './format-offset.ts'

/**
 * Does what the sources agree on fit what was trusted before? A jump is a re-lock or a spoofed sky, and one look cannot
 * tell which: the interval covers both until the new word has stood for a while.
 */
export interface IntegrityCheck {
  /** The interval that may be served for this agreement, and an alarm when it is not the agreement alone. */
  judge(agreed: Interval, flywheel: Interval | undefined, now: MonoNs): Judged
}

export interface Judged {
  readonly interval: Interval
  /** The agreement may become what later ones are compared with. */
  readonly trusted: boolean
  readonly alarm: Fault | undefined
}

/** How long a new word that contradicts the flywheel must stand before it is believed. */
const CONFIRM_NS = 10n * NS_PER_SECOND

export function createIntegrityCheck(): IntegrityCheck {
  let contradictedSince: MonoNs | undefined
  return {
    judge: (agreed, flywheel, now) => {
      if (flywheel === undefined || meets(agreed, flywheel)) {
        contradictedSince = undefined
        return { interval: agreed, trusted: true, alarm: undefined }
      }
      contradictedSince ??= now
      const trusted = between(contradictedSince, now) >= CONFIRM_NS
      if (trusted) contradictedSince = undefined
      const jump = formatOffset(midpoint(agreed) - midpoint(flywheel))
      return {
        interval: trusted ? agreed : hull(agreed, flywheel),
        trusted,
        alarm: trusted
          ? {
              code: 'fusion.relocked',
              message: `sources: a jump of ${jump} against the own oscillator stood for 10 s and is believed now`,
            }
          : {
              code: 'fusion.jump',
              message: `sources: expected what the own oscillator carried forward, got a jump of ${jump}`,
            },
      }
    },
  }
}
