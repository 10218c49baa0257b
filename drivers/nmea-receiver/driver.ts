import { min } from '../../src/core/integer.ts'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext } from '../driver.ts'
import { createNmeaFramer } from '../nmea/framer.ts'
import type { Fix } from './health.ts'
import { createInterpreter, type Interpreter, interpret } from './interpreter.ts'
import type { NmeaReceiverOptions } from './options.ts'

/** The counts and the view of the sky in a status are at most so old. */
const STATUS_INTERVAL_NS = 10n * NS_PER_SECOND

const QUALITY = { fix: 'locked', 'no-fix': 'unlocked', unknown: 'unknown' } as const satisfies Record<Fix, string>

/** When things last happened; all of it begins with the first call, which tells the driver what time it is. */
interface Clock {
  bytesAt: MonoNs
  sentenceAt: MonoNs
  status: { readonly headline: string; readonly at: MonoNs } | undefined
}

/**
 * Listens; an NMEA receiver is never spoken to. Alarms: `gnss.silent`, `gnss.no-fix`, and for the labels
 * `nmea.week-rollover`, `nmea.stuck`, `nmea.disagree`.
 */
export function createDriver(options: NmeaReceiverOptions, context: DriverContext): Driver {
  const framer = createNmeaFramer()
  const it = createInterpreter(options, context)
  const silenceNs = BigInt(options.silenceSeconds) * NS_PER_SECOND
  let clock: Clock | undefined

  /** What waits for its line end, or for a sentence after it, when the line falls silent, waits in vain. */
  const giveUpAt = (since: Clock): MonoNs | undefined =>
    framer.pendingBytes() > 0 ? plus(since.bytesAt, silenceNs) : undefined

  const finish = (now: MonoNs, since: Clock): readonly DriverAction[] => {
    since.sentenceAt = it.lastSentenceAt ?? since.sentenceAt
    for (const fault of it.faultLimit.expire(now)) it.actions.push({ type: 'fault', fault })
    reportStatus(it, since, now, silenceNs)
    const { actions } = it
    it.actions = []
    return actions
  }

  return {
    receive(bytes, receivedAt) {
      clock ??= startClock(receivedAt)
      if (bytes.length > 0) clock.bytesAt = receivedAt
      interpret(it, framer.push(bytes, receivedAt), receivedAt)
      return finish(receivedAt, clock)
    },
    wake(now) {
      clock ??= startClock(now)
      const due = giveUpAt(clock)
      if (due !== undefined && now >= due) interpret(it, framer.flush(), now)
      return finish(now, clock)
    },
    nextWakeAt() {
      if (clock?.status === undefined) return monoNs(0n)
      const statusAt = plus(clock.status.at, STATUS_INTERVAL_NS)
      const silentAt = plus(clock.sentenceAt, silenceNs)
      // Once the alarm of silence is in the status there is nothing more to wait for.
      const awaited = silentAt > clock.status.at ? silentAt : undefined
      return [awaited, giveUpAt(clock), it.faultLimit.nextAt()].filter((at) => at !== undefined).reduce(min, statusAt)
    },
  }
}

function startClock(now: MonoNs): Clock {
  return { bytesAt: now, sentenceAt: now, status: undefined }
}

function reportStatus(it: Interpreter, clock: Clock, now: MonoNs, silenceNs: bigint): void {
  const silent = between(clock.sentenceAt, now) >= silenceNs
  const fix = silent ? 'unknown' : it.health.fix(now, silenceNs)
  const quality = QUALITY[fix]
  const alarms = [
    ...(silent ? ['gnss.silent'] : []),
    ...(fix === 'no-fix' ? ['gnss.no-fix'] : []),
    ...it.judge.alarms(now),
  ]
  const headline = [quality, ...alarms].join(' ')
  if (headline === clock.status?.headline && between(clock.status.at, now) < STATUS_INTERVAL_NS) return
  clock.status = { headline, at: now }
  const details = { ...it.health.details(now), ...it.tally }
  it.actions.push({ type: 'status', status: { quality, dependsOn: 'sky', alarms, details } })
}
