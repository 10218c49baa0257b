import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { DriverStatus } from '../driver.ts'
import type { Configurator } from './configurator.ts'
import { TAI_MINUS_GPS_SECONDS } from './epoch.ts'
import { type Interpreter, leapState } from './interpreter.ts'
import type { Version } from './monitor-messages.ts'

const QUALITY = { fix: 'locked', 'no-fix': 'unlocked', unknown: 'unknown' } as const
/** Without a frame of UBX for so long, what is heard is NMEA alone. */
const FRAMES_BELIEVED_NS = 10n * NS_PER_SECOND

/** What the receiver is like at `now`; `silent` when nothing good has been heard for a while. */
export function statusOf(it: Interpreter, configurator: Configurator, now: MonoNs, silent: boolean): DriverStatus {
  const fix = silent ? 'unknown' : it.health.fix(now)
  const leap = leapState(it, now)
  const reasons = new Map<string, string>()
  if (silent) reasons.set('gnss.silent', 'Nothing with a right checksum is heard.')
  else {
    const framesAt = it.lastFrameAt ?? it.firstGoodAt
    if (framesAt !== undefined && between(framesAt, now) > FRAMES_BELIEVED_NS) {
      reasons.set(
        'ublox.no-frames',
        'Only NMEA is heard, and no UBX: the receiver is to be configured (option configure).',
      )
    }
    if (fix === 'no-fix') reasons.set('gnss.no-fix', 'The receiver has no fix.')
    if (fix === 'fix' && !leap.resolved && it.times.epoch() !== undefined)
      reasons.set('gnss.leap-unknown', `${leap.reason}.`)
    for (const [code, reason] of [...it.health.alarms(now), ...it.integrity.alarms(now), ...it.times.alarms(now)])
      reasons.set(code, reason)
    const problem = configurator.problem()
    if (problem !== undefined) reasons.set('ublox.not-configured', problem)
  }
  const version = configurator.version() ?? it.version
  return {
    quality: fix === 'fix' && it.integrity.isSpoofed(now) ? 'unlocked' : QUALITY[fix],
    dependsOn: 'sky',
    alarms: [...reasons.keys()],
    reasons: Object.fromEntries(reasons),
    ...(version === undefined ? {} : { identity: identityOf(version) }),
    ...(leap.resolved && leap.leapSeconds !== undefined
      ? { taiMinusUtcSeconds: TAI_MINUS_GPS_SECONDS + leap.leapSeconds }
      : {}),
    details: { ...it.health.details(now), ...configurator.details(), ...it.tally },
  }
}

/** Alarms and quality: when these change, a status is due at once. */
export function headlineOf(status: DriverStatus): string {
  return [status.quality, status.identity ?? '', status.taiMinusUtcSeconds ?? '', ...status.alarms].join(' ')
}

/** `u-blox NEO-M8T-0, TIM 1.10, protocol 22`, or what an older one has of it. */
function identityOf({ module, firmware, software, hardware, protocol }: Version): string {
  const name = module ?? `hardware ${hardware}`
  const parts = [`u-blox ${name}`, firmware ?? software]
  return [...parts, ...(protocol === undefined ? [] : [`protocol ${protocol}`])].join(', ')
}
