import type { MonoNs } from '../../src/core/time.ts'
import type { ErrorCode } from '../scpi/error-queue.ts'
import { bitsOf, HOLDOVER_BITS, OPERATION_BITS, POWERUP_BITS } from './condition-registers.ts'
import { SATELLITES_PREDICTED, satellitesTracked } from './emulated-screen.ts'
import type { Panel } from './panel.ts'
import { boolean, integer, real, threeDecimals } from './reply-format.ts'

const SETTINGS_CONFLICT: ErrorCode = -221
const DATA_STALE: ErrorCode = -230
const LOG_ALMOST_FULL_AT = 200
const HOLDOVER_THRESHOLD_SECONDS = 86_400

type Reply = (panel: Panel, now: MonoNs) => string | ErrorCode

/** What an emulated unit says of itself beside its time and state; forms as recorded where the sheet does not say otherwise. */
export const SCALAR_REPLIES: readonly (readonly [pattern: string, reply: Reply])[] = [
  ['STATus:OPERation:CONDition?', (panel) => integer(operationBits(panel))],
  ['STATus:OPERation:HARDware:CONDition?', (panel) => integer(panel.hardwareCondition())],
  ['STATus:OPERation:HOLDover:CONDition?', (panel, now) => integer(holdoverBits(panel, now))],
  ['STATus:OPERation:POWerup:CONDition?', (panel) => integer(powerupBits(panel))],
  ['[SOURce:]SYNChronization:HOLDover:WAITing?', (panel) => waitingFor(panel)],
  ['[SOURce:]SYNChronization:HOLDover:DURation:THReshold?', () => integer(HOLDOVER_THRESHOLD_SECONDS)],
  ['[SOURce:]SYNChronization:HOLDover:DURation:THReshold:EXCeeded?', (panel, now) => boolean(isTooLong(panel, now))],
  ['[SOURce:]SYNChronization:HOLDover:TUNCertainty:PREDicted?', (panel) => predicted(panel)],
  [
    '[SOURce:]SYNChronization:HOLDover:TUNCertainty:PRESent?',
    (panel) => (holds(panel) ? '+1.0E-006' : SETTINGS_CONFLICT),
  ],
  ['DIAGnostic:ROSCillator:EFControl:RELative?', (panel) => real(panel.efcPercent())],
  ['DIAGnostic:LIFetime:COUNt?', () => '+1287'],
  ['DIAGnostic:LOG:COUNt?', (panel) => integer(panel.log.count())],
  ['[SOURce:]GPSystem:REFerence:VALid?', (panel) => boolean(panel.hasSatellites())],
  ['[SOURce:]GPSystem:REFerence:ADELay?', (panel) => real(panel.antennaDelayNs() * 1e-9)],
  ['[SOURce:]GPSystem:SATellite:TRACking:COUNt?', (panel) => integer(satellitesTracked(panel))],
  ['[SOURce:]GPSystem:SATellite:VISible:PREDicted:COUNt?', () => integer(SATELLITES_PREDICTED)],
  ['[SOURce:]GPSystem:POSition:HOLD:STATe?', () => '1'],
  ['[SOURce:]GPSystem:POSition:SURVey:PROGress?', () => SETTINGS_CONFLICT],
  [
    '[SOURce:]PTIMe:LEAPsecond:STATe?',
    (panel, now) => boolean(panel.hasTime() && panel.pendingLeap(now) !== undefined),
  ],
  ['[SOURce:]PTIMe:LEAPsecond:DATE?', (panel, now) => leapDate(panel, now)],
  ['[SOURce:]PTIMe:LEAPsecond:DURation?', (panel, now) => leapMinute(panel, now)],
  ['LED:GPSLock?', (panel) => boolean(panel.syncState() === 'LOCK')],
  ['LED:HOLDover?', (panel) => boolean(holds(panel))],
  ['LED:ALARm?', (panel) => boolean(panel.isAlarmLit())],
]

export function holds(panel: Panel): boolean {
  return ['HOLD', 'REC'].includes(panel.syncState())
}

function operationBits(panel: Panel): number {
  return bitsOf(
    [OPERATION_BITS.powerup, panel.syncState() === 'POW'],
    [OPERATION_BITS.locked, panel.syncState() === 'LOCK'],
    [OPERATION_BITS.holdover, holds(panel)],
    [OPERATION_BITS.positionHold, true],
    [OPERATION_BITS.gpsValid, panel.hasSatellites()],
    [OPERATION_BITS.hardware, panel.hardwareCondition() !== 0],
    [OPERATION_BITS.logAlmostFull, panel.log.count() >= LOG_ALMOST_FULL_AT],
  )
}

function holdoverBits(panel: Panel, now: MonoNs): number {
  return bitsOf(
    [HOLDOVER_BITS.holding, panel.syncState() === 'HOLD'],
    [HOLDOVER_BITS.recovering, panel.syncState() === 'REC'],
    [HOLDOVER_BITS.exceedingThreshold, isTooLong(panel, now)],
  )
}

function powerupBits(panel: Panel): number {
  return bitsOf(
    [POWERUP_BITS.firstSatellite, panel.hasTime() || panel.hasSatellites()],
    [POWERUP_BITS.ovenWarm, panel.hasTime()],
    [POWERUP_BITS.timeValid, panel.hasTime()],
  )
}

function isTooLong(panel: Panel, now: MonoNs): boolean {
  return holds(panel) && panel.holdoverSeconds(now) > HOLDOVER_THRESHOLD_SECONDS
}

function waitingFor(panel: Panel): string {
  if (panel.syncState() !== 'HOLD' || panel.isManualHoldover()) return 'NONE'
  return panel.hasGps() ? 'NONE' : 'GPS'
}

function predicted(panel: Panel): string | ErrorCode {
  if (!panel.hasTime()) return DATA_STALE
  const ns = panel.holdoverPredictedNs()
  const seconds = panel.model === '58503A' ? threeDecimals(ns * 1e-9) : `+${(ns / 1e3).toFixed(1)}E-006`
  return `${seconds},${boolean(holds(panel))}`
}

function leapDate(panel: Panel, now: MonoNs): string | ErrorCode {
  const leap = panel.hasTime() ? panel.pendingLeap(now) : undefined
  if (leap === undefined) return DATA_STALE
  return [leap.year, leap.month, leap.day].map(integer).join()
}

function leapMinute(panel: Panel, now: MonoNs): string | ErrorCode {
  const leap = panel.hasTime() ? panel.pendingLeap(now) : undefined
  return leap === undefined ? DATA_STALE : integer(leap.minuteSeconds)
}
