import type { NmeaSentence } from '../nmea/sentence.ts'

/** What the instrument tells unasked of its loop, in `$PJLTS` or in a line of the servo trace. */
export interface LoopReport {
  /** Its own pulse against UTC by its receiver, ns; which sign is late is in no source. */
  readonly phaseNs: number
  readonly pulseCount: number
  readonly lockState: LockState
  readonly health: number
  readonly satellitesTracked: number
}

/** The manuals name all but 3 and 4. */
export type LockState = (typeof LOCK_STATES)[number]
const LOCK_STATES = ['warm-up', 'holdover', 'locking', 'unnamed', 'unnamed', 'holdover-in-phase', 'locked'] as const

/** `$PJLTS,-0.39,-2.74,157848,6,2.5829535,86.0984,-1.0E-12,0,17,0x0*40`; undefined when the fields have not this form. */
export function readPjlts({ fields }: NmeaSentence): LoopReport | undefined {
  const [, phase = '', , count = '', lock = '', , , , , satellites = '', health = ''] = fields
  return reportOf(phase, count, lock, satellites, health)
}

/** `08-07-31 373815 60685 -32.08 -2.22E-11 14 10 6 0x54`: date, pulses, DAC, phase, frequency, visible, tracked, lock, health. */
export function readTrace(text: string): LoopReport | undefined {
  const [, count = '', , phase = '', , , tracked = '', lock = '', health = '', ...rest] = text.trim().split(/ +/)
  return rest.length > 0 ? undefined : reportOf(phase, count, lock, tracked, health)
}

function reportOf(
  phase: string,
  count: string,
  lock: string,
  satellites: string,
  health: string,
): LoopReport | undefined {
  const lockState = /^\d$/.test(lock) ? LOCK_STATES[Number(lock)] : undefined
  const isWhole =
    /^-?\d{1,9}(\.\d{1,6})?$/.test(phase) &&
    /^\d{1,10}$/.test(count) &&
    /^\d{1,3}$/.test(satellites) &&
    /^0x[0-9A-Fa-f]{1,8}$/.test(health)
  if (!isWhole || lockState === undefined) return undefined
  return {
    phaseNs: Number(phase),
    pulseCount: Number(count),
    lockState,
    health: Number.parseInt(health.slice(2), 16),
    satellitesTracked: Number(satellites),
  }
}
