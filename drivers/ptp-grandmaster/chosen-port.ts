import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import type { AnnounceBody } from '../ptp/announce.ts'
import type { PtpHeader } from '../ptp/header.ts'
import { formatClock, formatPort } from '../ptp/port-identity.ts'
import type { Alarms } from './alarms.ts'
import type { Announcement } from './announcement.ts'
import type { PtpOptions } from './options.ts'
import { intervalNs, NO_INTERVAL } from './protocol.ts'

/** The port that this source listens to: the grandmaster's own, or that of a boundary clock before it. */
export interface ChosenPort {
  readonly grandmaster: string
  readonly port: string
  readonly address: string
  readonly announcement: Announcement
  /** Without another Announce until then, it is silent. */
  readonly silentAt: MonoNs
}

/**
 * Which port is meant, by the options or as the only one. There is no election: a second one that could be meant too is
 * refused and an alarm, until the first is silent. Alarms: `ptp.second-grandmaster`, `ptp.second-port` (the same
 * grandmaster by another way), `ptp.address` (the same port from another address).
 */
export interface PortChoice {
  chosen(): ChosenPort | undefined
  /** `changed`: from now on it is another port or another grandmaster, so that nothing of the old one counts. */
  announce(header: PtpHeader, body: AnnounceBody, from: string, now: MonoNs): Chosen
  /** Whether a message is of the chosen port. */
  isOfChosen(
    header: PtpHeader,
    from: string,
    now: MonoNs,
  ): { readonly is: boolean; readonly faults: readonly DriverFault[] }
  /** Forgets the port that is silent; its last word, once. */
  expire(now: MonoNs): ChosenPort | undefined
}

interface Speaker {
  readonly grandmaster: string
  readonly port: string
  readonly from: string
}

interface Chosen {
  readonly changed: boolean
  readonly faults: readonly DriverFault[]
}

const STANDS_NS = 30n * NS_PER_SECOND
const UNICAST_INTERVAL_NS = NS_PER_SECOND
const INTERVAL_NS_MIN = NS_PER_SECOND / 8n
const INTERVAL_NS_MAX = 16n * NS_PER_SECOND

export function createPortChoice(options: PtpOptions, alarms: Alarms): PortChoice {
  let chosen: ChosenPort | undefined
  let last: ChosenPort | undefined

  const standOut = (code: string, message: string, now: MonoNs): readonly DriverFault[] =>
    alarms.raise(code, message, now, STANDS_NS)
  const isMeant = (grandmaster: string, from: string): boolean =>
    (options.grandmaster ?? grandmaster) === grandmaster && (options.address ?? from) === from
  const elsewhere = (port: string, from: string, address: string, now: MonoNs): readonly DriverFault[] =>
    standOut('ptp.address', `expected packets of ${port} from ${address} alone, got some from ${from}`, now)

  return {
    chosen: () => chosen,
    announce: (header, body, from, now) => {
      const grandmaster = formatClock(body.grandmasterIdentity)
      const port = formatPort(header.sourcePort)
      if (chosen !== undefined && chosen.port === port && chosen.address !== from) {
        return { changed: false, faults: elsewhere(port, from, chosen.address, now) }
      }
      if (!isMeant(grandmaster, from)) return { changed: false, faults: [] }
      if (chosen !== undefined && chosen.port !== port) {
        return { changed: false, faults: second(chosen, { grandmaster, port, from }, now) }
      }
      const changed = chosen?.grandmaster !== grandmaster
      const faults = last === undefined ? [] : otherThan(last, { grandmaster, port, from }, now)
      const timesOutNs = BigInt(options.announceTimeoutIntervals) * announceIntervalNs(header.logInterval)
      chosen = {
        grandmaster,
        port,
        address: from,
        announcement: { flags: header.flags, body },
        silentAt: plus(now, timesOutNs),
      }
      last = chosen
      return { changed, faults }
    },
    isOfChosen: (header, from, now) => {
      if (chosen === undefined || formatPort(header.sourcePort) !== chosen.port) return { is: false, faults: [] }
      if (from === chosen.address) return { is: true, faults: [] }
      return { is: false, faults: elsewhere(chosen.port, from, chosen.address, now) }
    },
    expire: (now) => {
      const silent = chosen !== undefined && now >= chosen.silentAt ? chosen : undefined
      if (silent !== undefined) chosen = undefined
      return silent
    },
  }

  /** It took the place of one that was silent, or a boundary clock follows another grandmaster now. */
  function otherThan(before: ChosenPort, { grandmaster, port, from }: Speaker, now: MonoNs): readonly DriverFault[] {
    if (before.grandmaster !== grandmaster) {
      const message = `expected the time of ${before.grandmaster}, got that of ${grandmaster} by ${port}`
      return standOut('ptp.grandmaster-changed', message, now)
    }
    return before.port === port && before.address !== from ? elsewhere(port, from, before.address, now) : []
  }

  function second(first: ChosenPort, { grandmaster, port, from }: Speaker, now: MonoNs): readonly DriverFault[] {
    if (grandmaster === first.grandmaster) {
      const message = `expected ${grandmaster} by ${first.port} alone, got it by ${port} from ${from} too`
      return standOut('ptp.second-port', message, now)
    }
    const message = `expected ${first.grandmaster} alone in the domain, got ${grandmaster} from ${from} too`
    return standOut('ptp.second-grandmaster', message, now)
  }
}

function announceIntervalNs(logInterval: number): bigint {
  if (logInterval === NO_INTERVAL) return UNICAST_INTERVAL_NS
  const ns = intervalNs(Math.max(-7, Math.min(7, logInterval)))
  return ns < INTERVAL_NS_MIN ? INTERVAL_NS_MIN : ns > INTERVAL_NS_MAX ? INTERVAL_NS_MAX : ns
}
