import type { Satellite } from './satellite-table.ts'
import { formatInterval, formatUncertainty } from './screen-quantity.ts'
import type { ScreenMode, StatusScreen } from './status-screen.ts'

/** The right half begins here. */
const RIGHT_AT = 46
/** Rows of the table of satellites, whether it has so many or not. */
const TABLE_ROWS = { Z3805A: 12, '58503A': 8 }
/** Where the untracked satellites stand. */
const NOT_TRACKED_AT = 19

/** The lines of the screen as a Z3805A sends them, trailing spaces included, or the fewer of a 58503A. */
export function formatStatusScreen(screen: StatusScreen, form: keyof typeof TABLE_ROWS): readonly string[] {
  return [
    `${'-'.repeat(31)} Receiver Status ${'-'.repeat(31)}`,
    banner('SYNCHRONIZATION ', screen.outputs),
    `SmartClock Mode ${'_'.repeat(27)}   Reference Outputs ${'_'.repeat(15)}`,
    ...modeLines(screen),
    ...holdoverLines(screen),
    banner('ACQUISITION ', screen.acquisition),
    ...acquisitionLines(screen, TABLE_ROWS[form]),
    elevationLine(screen),
    banner('HEALTH MONITOR ', screen.health),
    testsLine(screen),
  ]
}

function banner(name: string, state: string): string {
  const tail = ` [ ${state} ]`
  return `${name}${'.'.repeat(79 - name.length - tail.length)}${tail}`
}

function modeLines(screen: StatusScreen): readonly string[] {
  const { tfom, ffom, timeIntervalNs, holdoverThresholdNs } = screen
  const interval = timeIntervalNs === undefined ? ' --' : `${formatInterval(timeIntervalNs)} relative to GPS`
  const rights = [
    `TFOM     ${tfom}${' '.repeat(13)}FFOM    ${String(ffom).padStart(2)}`,
    `1PPS TI ${interval}`,
    `HOLD THR ${((holdoverThresholdNs ?? 0) / 1e3).toFixed(3)} us`,
    `Holdover Uncertainty ${'_'.repeat(12)}`,
  ]
  const modes: readonly ScreenMode[] = ['Locked', 'Recovery', 'Holdover', 'Power-up']
  return modes.map((mode, i) => `${modeText(screen, mode).padEnd(RIGHT_AT)}${rights[i]}`)
}

function modeText({ mode, modeDetail, modeIntervalNs }: StatusScreen, shown: ScreenMode): string {
  if (shown !== mode) return `   ${shown}`
  const detail = modeDetail === undefined ? '' : `${mode === 'Locked' ? ' ' : ': '}${modeDetail}`
  // A field of nine characters behind it, as in the firmware's `[TI %9.9s]`.
  const reading = modeIntervalNs === undefined ? '' : `   [TI ${formatReading(modeIntervalNs)}]`
  return `>> ${shown}${detail}${reading}`
}

function formatReading(ns: number): string {
  return formatInterval(ns).replace(/^\+/, ' ').padStart(9)
}

function holdoverLines({ holdoverPredictedNs, holdoverPresentNs, holdoverSeconds }: StatusScreen): readonly string[] {
  const predicted =
    holdoverPredictedNs === undefined ? '--' : `${formatUncertainty(holdoverPredictedNs)}/initial 24 hrs`
  const second =
    holdoverPresentNs === undefined || holdoverSeconds === undefined
      ? ' '.repeat(RIGHT_AT + 2)
      : `${`${' '.repeat(17)}Holdover Duration: ${formatDuration(holdoverSeconds)}`.padEnd(RIGHT_AT)}Present  ${formatUncertainty(holdoverPresentNs)}`
  return [`${' '.repeat(RIGHT_AT)}Predict  ${predicted}`, second]
}

/** ` 1m 38s`; hours in place of the seconds is our guess, since nobody has recorded an hour of holdover. */
function formatDuration(seconds: number): string {
  const whole = Math.floor(seconds)
  const [large, small] = whole < 3600 ? [whole / 60, whole % 60] : [whole / 3600, (whole % 3600) / 60]
  const [first, second] = whole < 3600 ? ['m', 's'] : ['h', 'm']
  return `${String(Math.floor(large)).padStart(2)}${first} ${String(Math.floor(small)).padStart(2)}${second}`
}

function acquisitionLines(screen: StatusScreen, rowCount: number): readonly string[] {
  const { tracked, notTracked, trackedCount = 0, notTrackedCount = 0 } = screen
  const counts = `Tracking: ${trackedCount} ${'_'.repeat(trackedCount < 10 ? 4 : 3)}   Not Tracking: ${notTrackedCount} ${'_'.repeat(notTrackedCount < 10 ? 8 : 7)}`
  const header = tracked.length === 0 ? '' : `PRN  El  Az  ${(screen.signalUnit ?? '').padStart(3)}`
  const headers = `${header.padEnd(NOT_TRACKED_AT)}${notTracked.length === 0 ? '' : 'PRN  El  Az'}`
  const rights = rightLines(screen)
  const rows = Array.from({ length: rowCount }, (_, i) => {
    const left = `${trackedCells(tracked[i])}${notTrackedCells(notTracked[i])}`
    return `${left.padEnd(RIGHT_AT)}${rights[i + 1] ?? ''}`
  })
  return [`${counts.padEnd(RIGHT_AT)}Time ${'_'.repeat(28)}`, `${headers.padEnd(RIGHT_AT)}${rights[0] ?? ''}`, ...rows]
}

function rightLines(screen: StatusScreen): readonly string[] {
  const { timeScale, timeOfDay, date, isTimeProvisional, advisory, antennaDelayNs } = screen
  const mark = isTimeProvisional ? ' (?) ' : '     '
  const prefix = { actual: '', average: 'AVG ', initial: 'INIT ' }[screen.positionKind]
  const height = screen.heightMetres ?? 0
  return [
    `${(timeScale ?? '').padEnd(9)}${timeOfDay ?? '--:--:--'}${mark}${date ?? '-- --- ----'}`,
    `GPS 1PPS ${advisory ?? ''}`,
    `ANT DLY  ${antennaDelayNs ?? 0} ns`,
    `Position ${'_'.repeat(24)}`,
    positionMode(screen),
    screen.suspendedBy === undefined ? '' : `${' '.repeat(9)}Suspended: ${screen.suspendedBy}`,
    `${`${prefix}LAT`.padEnd(9)}${screen.latitude ?? ''}`,
    `${`${prefix}LON`.padEnd(9)}${screen.longitude ?? ''}`,
    `${`${prefix}HGT`.padEnd(9)}${`${height < 0 ? '' : '+'}${height.toFixed(2)}`.padStart(15)} m  (MSL)`,
  ]
}

function positionMode({ positionMode: mode, surveyPercent }: StatusScreen): string {
  if (mode === 'survey') return `MODE     Survey:  ${String(surveyPercent ?? 0).padStart(5)}% complete`
  return `MODE     ${mode === 'hold' ? 'Hold' : 'Navigation'}`
}

function trackedCells(satellite: Satellite | undefined): string {
  if (satellite === undefined) return ' '.repeat(NOT_TRACKED_AT)
  const { prn, elevation, azimuth, signal } = satellite
  return `${cell(prn, 3)} ${cell(elevation, 3)} ${cell(azimuth, 3, '---')}  ${cell(signal, 3)}`.padEnd(NOT_TRACKED_AT)
}

function notTrackedCells(satellite: Satellite | undefined): string {
  if (satellite === undefined) return ''
  const { prn, elevation, azimuth, isSought } = satellite
  return `${isSought ? '*' : ' '}${cell(prn, 2)} ${cell(elevation, 3)} ${cell(azimuth, 3, '---')}`
}

function cell(value: number | undefined, width: number, absent = '--'): string {
  return (value === undefined ? absent : String(value)).padStart(width)
}

function elevationLine({ elevationMaskDegrees = 0, notTracked }: StatusScreen): string {
  const legend = notTracked.some(({ isSought }) => isSought) ? '*attempting to track' : ''
  return `ELEV MASK ${String(elevationMaskDegrees).padStart(2)} deg   ${legend.padEnd(25)}  `
}

function testsLine({ tests }: StatusScreen): string {
  const gaps: readonly number[] = [4, 3, 3, 3, 3, 1]
  const cells = Object.entries(tests).map(([name, state], i) => ({
    text: `${name}: ${state}`,
    gap: gaps[i] ?? 3,
    state,
  }))
  return cells.map(({ text, gap, state }) => text + ' '.repeat(gap - (state === 'Err' ? 1 : 0))).join('')
}
