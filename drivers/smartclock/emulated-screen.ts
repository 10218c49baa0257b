import { taiToUtc } from '../../src/core/leap.ts'
import { type MonoNs, NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { hasBit } from './condition-registers.ts'
import type { Panel } from './panel.ts'
import type { Satellite } from './satellite-table.ts'
import { formatStatusScreen } from './screen-format.ts'
import type { ScreenMode, StatusScreen } from './status-screen.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MODES = { POW: 'Power-up', LOCK: 'Locked', HOLD: 'Holdover', REC: 'Recovery' } as const satisfies Record<
  string,
  ScreenMode
>

/** A sky that stands still: PRN, elevation, azimuth, and what each engine says of the signal. */
const SKY: readonly (readonly [
  prn: number,
  elevation: number,
  azimuth: number,
  carrierToNoise: number,
  strength: number,
])[] = [
  [3, 88, 281, 41, 111],
  [4, 51, 306, 39, 86],
  [9, 21, 286, 35, 39],
  [16, 29, 133, 37, 57],
  [26, 40, 91, 38, 70],
  [28, 13, 46, 33, 28],
  [31, 41, 46, 40, 114],
]

/** What the unit would show, as the lines that it sends. */
export function screenOf(panel: Panel, now: MonoNs): readonly string[] {
  return formatStatusScreen(describe(panel, now), panel.model === '58503A' ? '58503A' : 'Z3805A')
}

export function satellitesTracked(panel: Panel): number {
  return panel.hasSatellites() ? SKY.length : 0
}

export const SATELLITES_PREDICTED = SKY.length

function describe(panel: Panel, now: MonoNs): StatusScreen {
  const state = panel.syncState()
  const holds = state === 'HOLD' || state === 'REC'
  const isTracking = panel.hasSatellites()
  const pulse = panel.model === 'Z3801A' ? 'GPS 1PPS CLK' : 'GPS 1PPS'
  const bits = panel.hardwareCondition()
  const sky = SKY.map((row) => satellite(row, isTracking, panel.model === 'Z3805A'))
  return {
    outputs: outputsOf(state, panel.ffom(now)),
    mode: MODES[state],
    modeDetail: detailOf(panel, pulse, now),
    modeIntervalNs: state === 'REC' ? panel.timeIntervalNs() : undefined,
    tfom: panel.tfom(now),
    ffom: panel.ffom(now),
    timeIntervalNs: panel.hasTime() && isTracking ? panel.timeIntervalNs() : undefined,
    holdoverThresholdNs: 1000,
    holdoverPredictedNs: panel.hasTime() ? panel.holdoverPredictedNs() : undefined,
    holdoverPresentNs: holds ? 1000 : undefined,
    holdoverSeconds: holds ? panel.holdoverSeconds(now) : undefined,
    acquisition: `${pulse} ${isTracking ? 'Valid' : 'Invalid'}`,
    trackedCount: isTracking ? sky.length : 0,
    notTrackedCount: isTracking ? 0 : sky.length,
    signalUnit: panel.model === 'Z3805A' ? 'C/N' : 'SS',
    tracked: isTracking ? sky : [],
    notTracked: isTracking ? [] : sky,
    ...clockOf(panel, now),
    isTimeProvisional: !panel.hasTime(),
    leapPending: undefined,
    advisory: isTracking ? 'Synchronized to UTC' : `${panel.hasTime() ? 'Inaccurate' : 'Invalid'}: not tracking`,
    antennaDelayNs: panel.antennaDelayNs(),
    positionMode: 'hold',
    surveyPercent: undefined,
    suspendedBy: undefined,
    positionKind: 'actual',
    latitude: 'N  50:04:39.000',
    longitude: 'E   8:14:19.200',
    heightMetres: 150,
    elevationMaskDegrees: 10,
    health: bits === 0 ? 'OK' : 'ERROR',
    tests: testsOf(bits),
  }
}

function outputsOf(state: keyof typeof MODES, ffom: number): string {
  if (state === 'POW') return 'Outputs Invalid'
  return state === 'LOCK' && ffom === 0 ? 'Outputs Valid' : 'Outputs Valid/Reduced Accuracy'
}

function detailOf(panel: Panel, pulse: string, now: MonoNs): string | undefined {
  switch (panel.syncState()) {
    case 'POW':
      return 'GPS acquisition'
    case 'LOCK':
      return panel.ffom(now) === 0 ? 'to GPS' : 'to GPS: stabilizing frequency'
    case 'REC':
      return 'fine freq adj'
    default:
      if (panel.isManualHoldover()) return 'manually initiated'
      return panel.hasGps() ? undefined : `${pulse} invalid`
  }
}

function clockOf(panel: Panel, now: MonoNs): Pick<StatusScreen, 'timeScale' | 'timeOfDay' | 'date'> {
  const utc = taiToUtc(panel.leapTable, taiNs(panel.secondAt(now) * NS_PER_SECOND))
  if (!utc.ok) return { timeScale: 'UTC', timeOfDay: undefined, date: undefined }
  const { year, month, day, hour, minute, second } = utc.value
  const twoDigits = (value: number): string => String(value).padStart(2, '0')
  return {
    timeScale: panel.hasTime() ? 'UTC' : 'GPS',
    timeOfDay: [hour, minute, second].map(twoDigits).join(':'),
    date: `${twoDigits(day)} ${MONTHS[month - 1]} ${year}`,
  }
}

function satellite(row: (typeof SKY)[number], isTracking: boolean, isFuruno: boolean): Satellite {
  const [prn, elevation, azimuth, carrierToNoise, strength] = row
  const signal = isFuruno ? carrierToNoise : strength
  return { prn, elevation, azimuth, signal: isTracking ? signal : undefined, isSought: !isTracking }
}

/** The line of the six tests is a coarse view of the hardware register. */
function testsOf(bits: number): StatusScreen['tests'] {
  const test = (...numbers: readonly number[]): 'OK' | 'Err' =>
    numbers.some((bit) => hasBit(bits, bit)) ? 'Err' : 'OK'
  return {
    'Self Test': test(0),
    'Int Pwr': test(1, 2, 3),
    'Oven Pwr': test(4),
    OCXO: test(12),
    EFC: test(6, 7),
    'GPS Rcv': test(8, 9),
  }
}
