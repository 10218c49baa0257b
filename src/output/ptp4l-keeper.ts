import type { DataSetValue } from '../../drivers/ptp/management-data-sets.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { type MonoNs, plus } from '../core/time.ts'
import type { Ptp4l } from './ptp4l.ts'

export type GrandmasterSettings = DataSetValue<'GRANDMASTER_SETTINGS_NP'>

/** What a grandmaster is told to announce; the rest stays as it has it. */
export interface WantedSettings {
  readonly clockClass: number
  readonly clockAccuracy: number
  /** Undefined: nobody knows, and what it has stays. */
  readonly currentUtcOffset: number | undefined
  readonly flags: number
  readonly timeSource: number
}

/** Keeps a ptp4l announcing what it should: looks every time, sets what differs, and reads it back. */
export interface Ptp4lKeeper {
  /** Undefined while it waits before it tries again. Faults: those of `Ptp4l`, `ptp4l.receiver`, `ptp4l.not-taken`. */
  keep(wanted: WantedSettings, now: MonoNs): Promise<Result<Kept> | undefined>
}

export interface Kept {
  readonly settings: GrandmasterSettings
  readonly change: 'none' | 'set' | 'set-again'
  /** Of its first port: see `isOutranked`. */
  readonly portState: number
}

const WAIT_FIRST_NS = 500_000_000n
const WAIT_LAST_NS = 4_000_000_000n
const SLAVE_ONLY = 0x02
const CLASS_SLAVE_ONLY = 255

/** Nothing is set before a ptp4l has shown, at that moment, that it can be a grandmaster: it may be another one by now. */
export function createPtp4lKeeper(ptp4l: Pick<Ptp4l, 'get' | 'set'>): Ptp4lKeeper {
  let failures = 0
  let waitUntil: MonoNs | undefined
  let last: GrandmasterSettings | undefined
  const look = async (wanted: WantedSettings): Promise<Result<Kept>> => {
    const found = await ptp4l.get('GRANDMASTER_SETTINGS_NP')
    if (!found.ok) return found
    const settings = applied(found.value, wanted)
    const port = await ptp4l.get('PORT_DATA_SET')
    if (!port.ok) return port
    const { portState } = port.value
    if (sameSettings(found.value, settings)) return ok({ settings, change: 'none', portState })
    const capable = await checkCapable(ptp4l)
    if (!capable.ok) return capable
    const taken = await ptp4l.set('GRANDMASTER_SETTINGS_NP', settings)
    if (!taken.ok) return taken
    if (!sameSettings(taken.value, settings)) return notTaken(settings, taken.value)
    // It has restarted, or somebody else sets it too.
    const isLost = last !== undefined && !sameSettings(found.value, last)
    return ok({ settings, change: isLost ? 'set-again' : 'set', portState })
  }
  return {
    keep: async (wanted, now) => {
      if (waitUntil !== undefined && now < waitUntil) return undefined
      const kept = await look(wanted)
      if (kept.ok) {
        failures = 0
        waitUntil = undefined
        last = kept.value.settings
        return kept
      }
      const waitNs = WAIT_FIRST_NS << BigInt(Math.min(failures, 10))
      failures += 1
      waitUntil = plus(now, waitNs < WAIT_LAST_NS ? waitNs : WAIT_LAST_NS)
      return kept
    },
  }
}

async function checkCapable(ptp4l: Pick<Ptp4l, 'get'>): Promise<Result<void>> {
  const clock = await ptp4l.get('DEFAULT_DATA_SET')
  if (!clock.ok) return clock
  const { flags, clockQuality } = clock.value
  if ((flags & SLAVE_ONLY) === 0 && clockQuality.clockClass !== CLASS_SLAVE_ONLY) return ok(undefined)
  return fail('ptp4l.receiver', 'expected a ptp4l that may be a grandmaster, got one that only follows (slaveOnly 1)')
}

/** What averages of its noise say of it, nobody here measures. */
function applied(found: GrandmasterSettings, wanted: WantedSettings): GrandmasterSettings {
  const { clockClass, clockAccuracy, currentUtcOffset = found.currentUtcOffset, flags, timeSource } = wanted
  return { clockQuality: { ...found.clockQuality, clockClass, clockAccuracy }, currentUtcOffset, flags, timeSource }
}

function sameSettings(a: GrandmasterSettings, b: GrandmasterSettings): boolean {
  return describeSettings(a) === describeSettings(b)
}

function notTaken(wanted: GrandmasterSettings, taken: GrandmasterSettings): Result<never> {
  const message = `expected ptp4l to have ${describeSettings(wanted)}, got ${describeSettings(taken)}`
  return fail('ptp4l.not-taken', message)
}

function describeSettings({ clockQuality, currentUtcOffset, flags, timeSource }: GrandmasterSettings): string {
  const { clockClass, clockAccuracy, offsetScaledLogVariance } = clockQuality
  const quality = `class ${clockClass}, accuracy ${hex(clockAccuracy)}, variance ${hex(offsetScaledLogVariance)}`
  return `${quality}, UTC offset ${currentUtcOffset}, flags ${hex(flags)}, source ${hex(timeSource)}`
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
