import type { Fault, Result } from '../core/fault.ts'
import { type LeapTable, leapTableExpired, taiMinusUtcAt } from '../core/leap.ts'
import type { TaiNs } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { WantedSettings } from '../output/ptp4l-keeper.ts'
import type { MemberClock } from './member-clock.ts'
import { type ClockError, clockErrorOf, promisedNs, type ShownTime } from './ptp4l-clock.ts'
import { createQualityHold } from './ptp4l-hold.ts'
import { NO_QUALITY, qualityOf, settingsOf, utcAt } from './ptp4l-settings.ts'

export interface Ptp4lViewed {
  /** Reads the clock that ptp4l serves against the local oscillator. */
  readonly readClock: () => Result<ShownTime>
  readonly clock: Pick<MemberClock, 'node' | 'served' | 'leap'>
  readonly leapTable: LeapTable
}

/** What ptp4l should announce, by the clock that it serves, by what this appliance serves, and by how both came to it. */
export interface Ptp4lView {
  /** `isRegular`: of those that come once a second. Undefined while one look says nothing of how the clock moves. */
  look(isRegular: boolean): Announcement | undefined
  /** What a ptp4l is left with: it may go on for ever without anybody who knows its clock. */
  nothing(): WantedSettings
  /** How the clock stood at the last look. */
  last(): Pick<ClockError, 'offsetNs' | 'scale'> | undefined
  promisedNs(): bigint | undefined
}

export interface Announcement {
  readonly settings: WantedSettings
  readonly reason: string
}

/** How much earlier a look must be for what moved since to tell of the second to come. */
const EARLIER_NS_MIN = 700_000_000n
const LOOKS_KEPT = 2

export function createPtp4lView(
  { readClock, clock, leapTable }: Ptp4lViewed,
  complain: (fault: Fault) => void,
): Ptp4lView {
  const hold = createQualityHold()
  let looks: readonly ClockError[] = []
  let promised: bigint | undefined
  return {
    look: (isRegular) => {
      const shown = readClock()
      if (!shown.ok) complain(shown.fault)
      const now = readMonoNs()
      const node = clock.node(now)
      const served = clock.served(now)
      const leap = clock.leap()
      const taiMinusUtc =
        served === undefined
          ? undefined
          : (utcAt(leap, served.taiNs)?.taiMinusUtcSeconds ?? taiMinusUtcBy(leapTable, served.taiNs))
      const error = served === undefined || !shown.ok ? undefined : clockErrorOf(shown.value, served, taiMinusUtc)
      const earlier = looks.findLast(({ monoNs }) => now - monoNs >= EARLIER_NS_MIN)
      if (isRegular) looks = error === undefined ? [] : [...looks, error].slice(-LOOKS_KEPT)
      if (error !== undefined && earlier === undefined) return undefined
      promised = error === undefined || earlier === undefined ? undefined : promisedNs(earlier, error)
      const scale = error?.scale
      const quality = hold.settle(qualityOf({ mode: node.mode, served, promisedNs: promised, scale }), now)
      const carriedBy = node.sources.find(({ letter }) => letter === '*')?.class
      return {
        settings: settingsOf({ quality, scale, carriedBy, leap, taiNs: served?.taiNs }),
        reason: `${node.mode}, ${served?.origin ?? 'nothing'} served`,
      }
    },
    nothing: () => {
      const scale = looks.at(-1)?.scale
      return settingsOf({ quality: NO_QUALITY, scale, carriedBy: undefined, leap: undefined, taiNs: undefined })
    },
    last: () => looks.at(-1),
    promisedNs: () => promised,
  }
}

function taiMinusUtcBy(table: LeapTable, tai: TaiNs): number | undefined {
  return leapTableExpired(table, tai) ? undefined : taiMinusUtcAt(table, tai)
}
