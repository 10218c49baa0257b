/** One thing that the receiver must be set to, and how to see and to change that. */
export interface Setting {
  /** For faults and alarms: `CFG-MSG of NAV-PVT`. */
  readonly name: string
  /** Whether the source is of no use without it. Others are left out where the receiver does not have them. */
  readonly required: boolean
  /** The frame that asks for it, and its key, which is that of the answer and of the acknowledgement too. */
  readonly question: Uint8Array
  readonly questionKey: number
  /**
   * What an answer means: undefined for an answer to something else, `as-wanted`, or the frame that changes it, which is
   * acknowledged under `key`.
   */
  judge(payload: Uint8Array): SettingVerdict | undefined
}

export type SettingVerdict = 'as-wanted' | { readonly key: number; readonly frame: Uint8Array }

/** A message that is to come once in so many epochs; 0: not at all. */
export interface WantedMessage {
  readonly key: number
  readonly epochs: number
  readonly required: boolean
}
