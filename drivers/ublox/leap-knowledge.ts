import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { UbxMessage } from './protocol.ts'
import { LEAP_SOURCE_DEFAULT } from './time-messages.ts'

/**
 * Whether the receiver knows the leap seconds, or has only the count that its firmware was made with. After a cold start it
 * may take 12.5 minutes until a satellite tells; meanwhile dates look right, valid flags may be set, and seconds are wrong.
 */
export interface LeapKnowledge {
  note(message: UbxMessage, at: MonoNs): void
  state(now: MonoNs, table: TableCount): LeapState
  /** After a restart nothing that was known holds. */
  forget(): void
}

/** What our own leap table has to say. */
interface TableCount {
  /** The receiver tells a date. */
  readonly dated: boolean
  /** The count at that date; undefined where the table does not reach. */
  readonly leapSeconds: number | undefined
}

export interface LeapState {
  readonly resolved: boolean
  /** GPS time minus UTC, s, as the receiver last told it. */
  readonly leapSeconds: number | undefined
  /** What speaks against it, or that nothing speaks for it. */
  readonly reason: string
}

/** Flags come with every epoch. */
const FLAG_BELIEVED_NS = 5n * NS_PER_SECOND
/** NAV-TIMELS may come less often. */
const INFORMATION_BELIEVED_NS = 60n * NS_PER_SECOND

const SOURCE_UNKNOWN = 255

type FlagName = 'NAV-TIMEGPS' | 'NAV-TIMEUTC' | 'NAV-PVT'
type Information = Extract<UbxMessage, { type: 'leap-information' }>

export function createLeapKnowledge(): LeapKnowledge {
  const flags = new Map<FlagName, { readonly known: boolean; readonly at: MonoNs }>()
  let information: { readonly value: Information; readonly at: MonoNs } | undefined
  /** The count when a satellite was last named as its source. */
  let told: number | undefined
  let leapSeconds: number | undefined

  return {
    note(message, at) {
      if (message.type === 'gps-time') {
        flags.set('NAV-TIMEGPS', { known: message.leapSecondsValid, at })
        if (information === undefined) leapSeconds = message.leapSeconds
      } else if (message.type === 'utc-time') {
        flags.set('NAV-TIMEUTC', { known: message.utcValid, at })
      } else if (message.type === 'navigation-solution') {
        flags.set('NAV-PVT', { known: message.resolved, at })
      } else if (message.type === 'leap-information') {
        information = { value: message, at }
        leapSeconds = message.leapSeconds
        const named = message.source !== LEAP_SOURCE_DEFAULT && message.source !== SOURCE_UNKNOWN
        if (message.leapSecondsValid && named) told = message.leapSeconds
      }
    },
    state(now, table) {
      const unresolved = (reason: string): LeapState => ({ resolved: false, leapSeconds, reason })
      let gpsTime = false
      for (const [name, { known, at }] of flags) {
        if (between(at, now) > FLAG_BELIEVED_NS) continue
        if (!known) return unresolved(`${name}: the leap seconds are not known yet`)
        if (name === 'NAV-TIMEGPS') gpsTime = true
      }
      if (!table.dated) return unresolved('There is no date yet')
      if (information !== undefined && between(information.at, now) <= INFORMATION_BELIEVED_NS) {
        const against = objection(information.value, told, table.leapSeconds)
        return against === undefined ? { resolved: true, leapSeconds, reason: '' } : unresolved(against)
      }
      if (!gpsTime) {
        return unresolved('Flags alone say that the leap seconds are known: NAV-TIMELS or NAV-TIMEGPS has to come too')
      }
      // A count that the leap table has as well is no default of an old firmware.
      if (table.leapSeconds !== undefined && leapSeconds !== table.leapSeconds) {
        return unresolved(`NAV-TIMEGPS: ${leapSeconds} leap seconds, where the leap table has ${table.leapSeconds}`)
      }
      return { resolved: true, leapSeconds, reason: '' }
    },
    forget() {
      flags.clear()
      information = undefined
      told = undefined
      leapSeconds = undefined
    },
  }
}

/** What speaks against a count of NAV-TIMELS; `told` is the last one whose source was named. */
function objection(
  information: Information,
  told: number | undefined,
  expected: number | undefined,
): string | undefined {
  const { source, leapSecondsValid, leapSeconds: count } = information
  if (!leapSecondsValid) return 'NAV-TIMELS: the count of leap seconds is not valid'
  if (source === LEAP_SOURCE_DEFAULT) {
    return `NAV-TIMELS: ${count} leap seconds are the default of the firmware, no satellite has told them yet`
  }
  // Recorded from an M8T: the source goes from GLONASS to unknown while the count stands.
  if (source === SOURCE_UNKNOWN && count !== told && count !== expected) {
    return `NAV-TIMELS: ${count} leap seconds of unknown source`
  }
  return undefined
}
