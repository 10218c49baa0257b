import type { LineSettings } from '../../drivers/driver.ts'

/** An instrument that gpsd can read. */
export interface GpsdCase {
  readonly kind: string
  /** For people. */
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  /** Absent: the family's first. */
  readonly settings?: LineSettings
}

/** What comes after the standard sentences; of some makers gpsd reads their own as well. */
const NMEA_DIALECTS = [
  'plain',
  'ublox',
  'furuno',
  'furuno-gt80',
  'skytraq',
  'mediatek',
  'isync',
  'jackson-labs',
  'garmin',
] as const

const EIGHT_ODD: LineSettings = { baudRate: 9600, parity: 'odd', dataBits: 8 }

export const GPSD_CASES: readonly GpsdCase[] = [
  ...NMEA_DIALECTS.map((dialect) => ({
    kind: 'nmea-receiver',
    name: `an NMEA receiver, dialect ${dialect}`,
    options: { emulator: { dialect } },
  })),
  ...(['NEO-M8T', 'ZED-F9T'] as const).map((model) => ({
    kind: 'ublox',
    name: `a u-blox ${model}`,
    options: { emulator: { model } },
  })),
  ...(['thunderbolt', 'thunderbolt-e'] as const).map((model) => ({
    kind: 'trimble-tsip',
    name: `a Trimble ${model}`,
    options: { emulator: { model } },
  })),
  {
    kind: 'jackson-labs',
    name: 'a Jackson Labs GPSDO that sends NMEA',
    options: { speaks: 'nmea', emulator: { nmea: true } },
  },
  // A pty has no parity: gpsd, which tries them all, finds what it looks for at any.
  ...(['resolution-smtx', 'res-smt-360'] as const).map((model) => ({
    kind: 'trimble-tsip',
    name: `a Trimble ${model}`,
    options: { emulator: { model } },
    settings: EIGHT_ODD,
  })),
]
