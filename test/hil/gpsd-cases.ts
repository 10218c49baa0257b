import type { LineSettings } from '../../drivers/driver.ts'

/** An instrument that gpsd can read. */
export interface GpsdCase {
  readonly kind: string
  /** For people. */
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  /** Absent: the family's first. */
  readonly settings?: LineSettings
  /** Whether a time of gpsd's that our driver does not give is as it should be. */
  explains?(time: string): boolean
}

export const GPSD_CASES: readonly GpsdCase[] = [{ kind: 'nmea-receiver', name: 'an NMEA receiver', options: {} }]
