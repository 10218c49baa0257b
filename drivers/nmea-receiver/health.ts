import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createIntegrity, type Integrity } from '../gnss/integrity.ts'
import type { FixQuality } from '../nmea/health-sentences.ts'
import type { NmeaMessage } from './protocol.ts'
import { createSatellitesInView } from './satellites-in-view.ts'

/**
 * What the receiver says of its fix and of the satellites. RMC's status is the standard's own flag of validity and
 * goes before GGA's quality, which Jackson Labs put to another use.
 */
export interface Health {
  /** What the sky looks like from there: equal carriers, an antenna that moves. */
  readonly integrity: Integrity
  note(message: NmeaMessage, at: MonoNs): void
  /** By what was said at most `believedNs` before `now`; `trustsGga`: whether GGA's quality is one. */
  fix(now: MonoNs, believedNs: bigint, trustsGga: boolean): Fix
  /** For people, with units in the names; what was not said lately is not there. */
  details(now: MonoNs): Readonly<Record<string, string | number>>
}

export type Fix = 'fix' | 'no-fix' | 'unknown'

/** Details are for people: GGA and GSA may come less often than the fix must. */
const DETAILS_BELIEVED_NS = 10n * NS_PER_SECOND

/** A burst, and the one before it. */
const FIX_BELIEVED_NS = 2n * NS_PER_SECOND
/** What a range is wrong by, on one frequency and with a good antenna. */
const METRES_PER_HDOP = 5

/** GGA qualities that stand for a position from satellites: not dead reckoning, manual input or simulation. */
const FIX_QUALITIES: readonly FixQuality[] = ['fix', 'delta', 'pps', 'rtk', 'frtk']

type Said<T> = { readonly value: T; readonly at: MonoNs }
type Message<K extends NmeaMessage['type']> = Extract<NmeaMessage, { type: K }>

export function createHealth(): Health {
  let rmc: Said<Message<'rmc'>> | undefined
  let gga: Said<Message<'gga'>> | undefined
  let gsa: Said<Message<'gsa'>> | undefined
  const view = createSatellitesInView()
  const integrity = createIntegrity()

  const fix = (now: MonoNs, believedNs: bigint, trustsGga: boolean): Fix => {
    const status = recent(rmc, now, believedNs)
    if (status !== undefined) return status.fix ? 'fix' : 'no-fix'
    const quality = trustsGga ? recent(gga, now, believedNs)?.quality : undefined
    if (quality === undefined) return 'unknown'
    return FIX_QUALITIES.includes(quality) ? 'fix' : 'no-fix'
  }

  return {
    note(message, at) {
      if (message.type === 'rmc') rmc = { value: message, at }
      if (message.type === 'gga') {
        gga = { value: message, at }
        const { position } = message
        if (position !== undefined && fix(at, FIX_BELIEVED_NS, true) === 'fix') {
          integrity.notePosition({ ...position, accuracyMetres: METRES_PER_HDOP * position.hdop }, at)
        }
      }
      if (message.type === 'gsa') gsa = { value: message, at }
      if (message.type === 'gsv' && view.note(message.talker, message, at)) {
        integrity.noteSignals(view.carriers(at), at)
      }
    },
    integrity,
    fix,
    details(now) {
      const fixData = recent(gga, now, DETAILS_BELIEVED_NS)
      const active = recent(gsa, now, DETAILS_BELIEVED_NS)
      return present({
        mode: recent(rmc, now, DETAILS_BELIEVED_NS)?.mode,
        fixQuality: fixData?.quality,
        satellitesUsed: fixData?.satellitesUsed,
        fixDimension: active?.dimension,
        pdop: active?.pdop,
        ...view.details(now),
      })
    },
  }
}

function recent<T>(said: Said<T> | undefined, now: MonoNs, believedNs: bigint): T | undefined {
  return said !== undefined && between(said.at, now) <= believedNs ? said.value : undefined
}

function present(details: Readonly<Record<string, string | number | undefined>>): Record<string, string | number> {
  const kept: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(details)) if (value !== undefined && value !== '') kept[name] = value
  return kept
}
