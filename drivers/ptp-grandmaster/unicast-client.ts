import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverFault } from '../driver.ts'
import type { UnicastTlv } from '../ptp/unicast.ts'
import type { Alarms } from './alarms.ts'

/** Asks a grandmaster to send to us alone, and again before what it granted ends. Alarm `ptp.unicast-refused`. */
export interface UnicastClient {
  /** What is to be asked at this instant. */
  due(now: MonoNs): readonly UnicastTlv[]
  nextAt(): MonoNs
  /** What to answer to what the grandmaster says. */
  heard(
    tlv: UnicastTlv,
    now: MonoNs,
  ): { readonly answers: readonly UnicastTlv[]; readonly faults: readonly DriverFault[] }
  /** All that was granted is void: the grandmaster is silent. */
  restart(now: MonoNs): void
}

const WANTED = ['announce', 'sync', 'delay-resp'] as const
type Wanted = (typeof WANTED)[number]

const GRANTED_SECONDS = 300
const ASK_AGAIN_NS = 5n * NS_PER_SECOND
/** A grandmaster that has no room left is not asked more often. */
const REFUSED_PAUSE_NS = 30n * NS_PER_SECOND
const GRANT_SECONDS_MIN = 10

export function createUnicastClient(
  logIntervals: Readonly<Record<Wanted, number>>,
  alarms: Alarms,
  startAt: MonoNs,
): UnicastClient {
  const askAt = new Map<Wanted, MonoNs>(WANTED.map((of) => [of, startAt]))
  const refused = new Set<Wanted>()

  const tellRefusals = (): readonly DriverFault[] => {
    const names = [...refused].toSorted()
    const message = `expected a grant, got a refusal of ${names.join(', ')}`
    return alarms.hold('ptp.unicast-refused', names.length === 0 ? undefined : message)
  }
  const granted = (of: Wanted, seconds: number, now: MonoNs): readonly DriverFault[] => {
    if (seconds < GRANT_SECONDS_MIN) {
      refused.add(of)
      askAt.set(of, plus(now, REFUSED_PAUSE_NS))
      return tellRefusals()
    }
    refused.delete(of)
    askAt.set(of, plus(now, (BigInt(Math.min(seconds, GRANTED_SECONDS)) * NS_PER_SECOND) / 2n))
    return tellRefusals()
  }

  return {
    due: (now) => {
      const due = WANTED.filter((of) => (askAt.get(of) ?? now) <= now)
      for (const of of due) askAt.set(of, plus(now, ASK_AGAIN_NS))
      return due.map((of) => ({ kind: 'request', of, logInterval: logIntervals[of], seconds: GRANTED_SECONDS }))
    },
    nextAt: () => [...askAt.values()].reduce((first, at) => (at < first ? at : first)),
    heard: (tlv, now) => {
      const of = WANTED.find((wanted) => wanted === tlv.of)
      if (of === undefined) return { answers: [], faults: [] }
      if (tlv.kind === 'grant') return { answers: [], faults: granted(of, tlv.seconds, now) }
      if (tlv.kind !== 'cancel') return { answers: [], faults: [] }
      askAt.set(of, plus(now, ASK_AGAIN_NS))
      return { answers: [{ kind: 'acknowledge-cancel', of }], faults: [] }
    },
    restart: (now) => {
      refused.clear()
      alarms.hold('ptp.unicast-refused', undefined)
      for (const of of WANTED) askAt.set(of, now)
    },
  }
}
