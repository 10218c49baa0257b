import type { UtcTime } from '../../src/core/leap.ts'
import type { SampleQuality } from '../../src/core/sample.ts'
import type { Timescale } from './timescale.ts'

/**
 * What a proprietary sentence tells, in words that all of them share: the makers differ in fields, not in what there is
 * to say. A later sentence of the same topic replaces what an earlier one told.
 */
export interface Told {
  /** The address, and what the sentence is about where one address has several. */
  readonly topic: string
  readonly time?: ToldTime
  /** Its word on whether it hears satellites well enough to tell the time. */
  readonly fix?: boolean
  /** Of instruments with an oscillator of their own: what carries the pulse. */
  readonly quality?: SampleQuality
  readonly leap?: ToldLeap
  /** By how much the pulse before the sentence comes late after its second, ps. */
  readonly pulseLatePs?: bigint
  readonly alarms: readonly ToldAlarm[]
  /** For people, with units in the names. */
  readonly details: Readonly<Record<string, string | number>>
}

export interface ToldTime {
  readonly reading: UtcTime
  /** The scale it is declared to be of; undefined for the one that the standard sentences of the port are of. */
  readonly scale: Timescale | undefined
  /** Whether the sentence vouches for its time; where it cannot say, whether there is a fix decides. */
  readonly believed: boolean | 'by-fix'
}

export interface ToldLeap {
  /** `default`: the count that the firmware was made with. `none`: no leap seconds are applied: GPS time. */
  readonly from: 'satellites' | 'default' | 'none' | 'unknown'
  readonly gpsMinusUtcSeconds: number | undefined
}

export interface ToldAlarm {
  readonly code: string
  /** One sentence with what was seen. */
  readonly reason: string
  /** Whether no label of the port may be believed while it stands. */
  readonly doubtsLabels: boolean
}
