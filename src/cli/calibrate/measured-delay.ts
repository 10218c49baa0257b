import type { CALIBRATION_METHODS, CalibrationRecord } from '../../config/calibration-record.ts'
import { fail, ok, type Result } from '../../core/fault.ts'

/** What an operator said of how the delay was found, as the command line brought it. */
export interface Told {
  readonly method: (typeof CALIBRATION_METHODS)[number]
  readonly delay?: number
  readonly uncertainty?: number
  /** Metres. */
  readonly length?: number
  /** A share of the speed of light. */
  readonly velocity?: number
}

export type MeasuredDelay = Pick<CalibrationRecord, 'delayNs' | 'uncertaintyNs'>

const METRES_PER_NS = 0.299792458
/** Of data sheets: velocity factors of coaxial cables are given to a percent, lengths off the drum to a few. */
const DATASHEET_SHARE = 0.05

/**
 * Delay and half-width in whole nanoseconds, by the way that the method goes. Fault `calibration.told`: something is
 * missing, or something was told that has no place in the method.
 */
export function measuredDelay({ method, delay, uncertainty, length, velocity }: Told): Result<MeasuredDelay> {
  if (length === undefined && velocity === undefined) {
    if (delay !== undefined && uncertainty !== undefined) {
      return ok({ delayNs: Math.round(delay), uncertaintyNs: Math.ceil(uncertainty) })
    }
    return fail('calibration.told', `--method ${method}: expected ${WANTED[method]}, got too little`)
  }
  if (method !== 'datasheet' || delay !== undefined || length === undefined || velocity === undefined) {
    const expected = '--length and --velocity together, with --method datasheet and without --delay'
    return fail('calibration.told', `--length, --velocity: expected ${expected}, got others`)
  }
  if (!(length >= 0 && velocity > 0 && velocity <= 1)) {
    const expected = 'metres of 0 or more, and a share of the speed of light up to 1'
    return fail('calibration.told', `--length, --velocity: expected ${expected}, got ${length} and ${velocity}`)
  }
  const byLengthNs = length / (METRES_PER_NS * velocity)
  return ok({
    delayNs: Math.round(byLengthNs),
    uncertaintyNs: Math.ceil(uncertainty ?? Math.max(1, DATASHEET_SHARE * byLengthNs)),
  })
}

const WANTED: Readonly<Record<Told['method'], string>> = {
  tdr: '--delay (half of the echo) and --uncertainty, both in ns',
  'time-interval-counter': '--delay (counter reading, its own cables taken off) and --uncertainty, both in ns',
  'common-view': '--against SOURCE and --seconds N, or --delay and --uncertainty in ns',
  datasheet: '--length (m) and --velocity (0 to 1), or --delay and --uncertainty in ns',
}
