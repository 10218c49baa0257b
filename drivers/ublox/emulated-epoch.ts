import type { UtcTime } from '../../src/core/leap.ts'

/** Everything that an emulated receiver knows at one epoch, as it is to be told. */
export interface EmulatedEpoch {
  readonly model: 'NEO-M8T' | 'ZED-F9T'
  /** Seconds of GPS time since its beginning, as the receiver counts them; undefined before the first fix. */
  readonly gpsSeconds: bigint | undefined
  /** The same second in UTC by the receiver's count of leap seconds. */
  readonly utc: UtcTime | undefined
  /** What is to be added to the whole second, ns. */
  readonly fractionNs: number
  readonly leapSeconds: number
  /** As the flags say it. */
  readonly leapKnown: boolean
  /** `srcOfCurrLs`: 0 until a satellite has told. */
  readonly leapSource: number
  /** The change of the leap seconds that comes next, and in how many seconds. */
  readonly leapEvent: { readonly change: number; readonly seconds: number } | undefined
  readonly fix: boolean
  readonly timeOnly: boolean
  readonly upMs: number
  /** Of the pulse that comes next: the seconds that it is announced with, on the grid that is set, and its error. */
  readonly pulse:
    | { readonly seconds: bigint; readonly grid: 'utc' | 'gps'; readonly quantizationErrorPs: number }
    | undefined
  readonly survey: {
    readonly active: boolean
    readonly valid: boolean
    readonly seconds: number
    readonly accuracyMm: number
  }
  /** 0 unknown, 1 ok or none, 2, 3. */
  readonly jamming: number
  readonly spoofing: number
  /** 0 to 255. */
  readonly continuousWave: number
  /** 0 to 1. */
  readonly gain: number
  /** As in MON-HW: 2 ok, 4 open. */
  readonly antenna: number
  readonly satellites: readonly EmulatedSatellite[]
  readonly latitudeDegrees: number
  readonly longitudeDegrees: number
  readonly heightMetres: number
}

export interface EmulatedSatellite {
  readonly number: number
  readonly elevation: number
  readonly azimuth: number
  readonly cn0DbHz: number
}
