import { min } from '../../src/core/integer.ts'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext, DriverStatus } from '../driver.ts'
import { createNmeaFramer } from '../nmea/framer.ts'
import { alarmsOf, createInterpreter, fixOf, type Interpreter, interpret, qualityOf } from './interpreter.ts'
import { toldTaiMinusUtc } from './leap-check.ts'
import type { NmeaReceiverOptions } from './options.ts'

/** The counts and the view of the sky in a status are at most so old. */
const STATUS_INTERVAL_NS = 10n * NS_PER_SECOND

/** When things last happened; all of it begins with the first call, which tells the driver what time it is. */
interface Clock {
  /** The latest call: what was due by then has been looked at. */
  calledAt: MonoNs
  bytesAt: MonoNs
  sentenceAt: MonoNs
  status: { readonly headline: string; readonly at: MonoNs } | undefined
}

/**
 * Listens; an NMEA receiver is never spoken to. Alarms: `gnss.silent`, `gnss.no-fix`; for the labels `nmea.week-rollover`,
 * `nmea.week-rollover-repaired`, `nmea.stuck`, `nmea.time-step`, `nmea.disagree`, `nmea.timescale`; and by the makers' own
 * sentences `nmea.week-mismatch`, `gnss.leap-unknown`, `gnss.leap-mismatch`, `gnss.own-clock`, `gnss.pulse-off`, `gnss.traim`,
 * `gnss.uniform-signal`, `gnss.antenna-moved`, `gnss.jammed`, `spectratime.holdover`, `.unlocked`, `jackson-labs.holdover`, `.unlocked`, `.unhealthy`.
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
    since.calledAt = now
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
      // Once it is known whether the receiver is silent there is nothing more to wait for.
      const awaited = silentAt > clock.calledAt ? silentAt : undefined
      return [awaited, giveUpAt(clock), it.faultLimit.nextAt()].filter((at) => at !== undefined).reduce(min, statusAt)
    },
  }
}

function startClock(now: MonoNs): Clock {
  return { calledAt: now, bytesAt: now, sentenceAt: now, status: undefined }
}

function reportStatus(it: Interpreter, clock: Clock, now: MonoNs, silenceNs: bigint): void {
  const silent = between(clock.sentenceAt, now) >= silenceNs
  // Who speaks after a silence may be another one.
  if (silent) it.health.integrity.forget()
  const fix = silent ? 'unknown' : fixOf(it, now, silenceNs)
  const quality = silent
    ? 'unknown'
    : fix === 'unknown'
      ? (it.hearsay.quality(now) ?? 'unknown')
      : qualityOf(it, fix, now)
  const told = alarmsOf(it, now)
  const alarms = [
    ...new Set([...(silent ? ['gnss.silent'] : []), ...(fix === 'no-fix' ? ['gnss.no-fix'] : []), ...told.keys()]),
  ]
  const headline = [quality, ...alarms].join(' ')
  if (headline === clock.status?.headline && between(clock.status.at, now) < STATUS_INTERVAL_NS) return
  clock.status = { headline, at: now }
  const taiMinusUtcSeconds = toldTaiMinusUtc(it.hearsay.leap(now))
  const status: DriverStatus = {
    quality,
    dependsOn: quality === 'holdover' ? 'own' : 'sky',
    alarms,
    ...(told.size === 0 ? {} : { reasons: Object.fromEntries(told) }),
    ...(taiMinusUtcSeconds === undefined ? {} : { taiMinusUtcSeconds }),
    details: { ...it.health.details(now), ...it.hearsay.details(now), ...it.tally },
  }
  it.actions.push({ type: 'status', status })
}
