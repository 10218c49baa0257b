import { min } from '../../src/core/integer.ts'
import { between, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Driver, DriverAction, DriverContext } from '../driver.ts'
import { type Configurator, createConfigurator } from './configurator.ts'
import { createUbloxFramer } from './framer.ts'
import { createInterpreter, forgetInstrument, type Interpreter, interpret, report } from './interpreter.ts'
import type { UbloxOptions } from './options.ts'
import { headlineOf, statusOf } from './status.ts'

/** The counts and the view of the sky in a status are at most so old. */
const STATUS_INTERVAL_NS = 10n * NS_PER_SECOND

/** When things last happened; all of it begins with the first call, which tells the driver what time it is. */
interface Clock {
  goodAt: MonoNs
  silent: boolean
  status: { readonly headline: string; readonly at: MonoNs } | undefined
}

/**
 * Hears UBX and NMEA from a u-blox receiver, and sets it up unless told to listen only. The alarms stand in its sheet,
 * hardware-docs/ublox.md.
 */
export function createDriver(options: UbloxOptions, context: DriverContext): Driver {
  const framer = createUbloxFramer()
  const it = createInterpreter(options, context)
  const silenceNs = BigInt(options.silenceSeconds) * NS_PER_SECOND
  let clock: Clock | undefined
  const configurator = createConfigurator(
    options,
    (now) => it.lastGoodAt !== undefined && between(it.lastGoodAt, now) < silenceNs,
  )

  const start = (now: MonoNs): Clock => {
    configurator.listen(now)
    return { goodAt: now, silent: false, status: undefined }
  }
  const take = (pieces: ReturnType<typeof framer.push>, now: MonoNs): void => {
    if (pieces.length > 0) interpret(it, pieces, now, (message, key) => configurator.hear(message, key, now))
  }

  return {
    receive(bytes, receivedAt) {
      clock ??= start(receivedAt)
      take(framer.push(bytes, receivedAt), receivedAt)
      return finish(it, configurator, clock, receivedAt, silenceNs)
    },
    wake(now) {
      clock ??= start(now)
      const due = framer.giveUpAt()
      if (due !== undefined && now >= due) take(framer.giveUp(), now)
      return finish(it, configurator, clock, now, silenceNs)
    },
    nextWakeAt() {
      if (clock?.status === undefined) return monoNs(0n)
      const statusAt = plus(clock.status.at, STATUS_INTERVAL_NS)
      const silentAt = clock.silent ? undefined : plus(clock.goodAt, silenceNs)
      return [silentAt, framer.giveUpAt(), it.faultLimit.nextAt(), configurator.nextAt()]
        .filter((at) => at !== undefined)
        .reduce(min, statusAt)
    },
  }
}

function finish(
  it: Interpreter,
  configurator: Configurator,
  clock: Clock,
  now: MonoNs,
  silenceNs: bigint,
): readonly DriverAction[] {
  const first = clock.goodAt
  clock.goodAt = it.lastGoodAt ?? clock.goodAt
  const wasSilent = clock.silent
  clock.silent = between(clock.goodAt, now) >= silenceNs
  if (clock.silent && !wasSilent) forgetInstrument(it)
  // It speaks for the first time, or again: it may be another one, or have forgotten what it was told.
  if (it.heardAnew || (wasSilent && clock.goodAt > first)) configurator.restart(now)
  it.heardAnew = false
  configurator.wake(now)
  const { writes, faults } = configurator.take()
  for (const fault of faults) report(it, fault, now)
  for (const bytes of writes) it.actions.push({ type: 'write', bytes })
  for (const fault of it.faultLimit.expire(now)) it.actions.push({ type: 'fault', fault })
  const status = statusOf(it, configurator, now, clock.silent)
  const headline = headlineOf(status)
  if (headline !== clock.status?.headline || between(clock.status.at, now) >= STATUS_INTERVAL_NS) {
    clock.status = { headline, at: now }
    it.actions.push({ type: 'status', status })
  }
  const { actions } = it
  it.actions = []
  return actions
}
