import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'

/**
 * Sees a strong signal that no satellite sends: the amplifier closes while the indicator of a continuous wave rises. Both
 * are compared with what they were before, since they differ from antenna to antenna and from place to place.
 */
export interface FrontEndWatch {
  /** `gain`: 0 to 1; `continuousWave`: 0 to 255; per `band`. */
  note(band: number, gain: number, continuousWave: number, at: MonoNs): void
  /** A sentence while something is wrong. */
  alarm(now: MonoNs): string | undefined
  forget(): void
}

const READINGS_LEARNT = 3
/** How much of each new reading goes into what is usual: weather and temperature drift, over some hundred readings. */
const ADAPTATION = 1 / 128
/** The indicator rises by at least this, of 255 … */
const RISE_MIN = 60
/** … while the gain falls below this share of what it was. */
const FALL_SHARE_MAX = 0.75
const READINGS_IN_A_ROW = 2
const HOLD_NS = 20n * NS_PER_SECOND
/** After so long what was unusual is usual: another antenna, another amplifier. */
const RELEARN_NS = 86_400n * NS_PER_SECOND
const BANDS_MAX = 8

interface Band {
  gain: number
  continuousWave: number
  readings: number
  unusualInARow: number
  unusualSince: MonoNs | undefined
}

export function createFrontEndWatch(): FrontEndWatch {
  const bands = new Map<number, Band>()
  let alarm: { readonly text: string; readonly until: MonoNs } | undefined

  return {
    note(number, gain, continuousWave, at) {
      const band = bands.get(number)
      if (band === undefined) {
        if (bands.size < BANDS_MAX) bands.set(number, learn(gain, continuousWave))
        return
      }
      const unusual = continuousWave >= band.continuousWave + RISE_MIN && gain <= band.gain * FALL_SHARE_MAX
      band.unusualInARow = unusual ? band.unusualInARow + 1 : 0
      band.unusualSince = unusual ? (band.unusualSince ?? at) : undefined
      if (!unusual) {
        adapt(band, gain, continuousWave)
        return
      }
      if (band.unusualSince !== undefined && at >= plus(band.unusualSince, RELEARN_NS)) {
        bands.set(number, learn(gain, continuousWave))
      } else if (band.readings >= READINGS_LEARNT && band.unusualInARow >= READINGS_IN_A_ROW) {
        const text = `Band ${number}: the amplifier is open to ${percent(gain)} after ${percent(band.gain)}, and the continuous wave indicator stands at ${continuousWave} after ${Math.round(band.continuousWave)}.`
        alarm = { text, until: plus(at, HOLD_NS) }
      }
    },
    alarm: (now) => (alarm !== undefined && now < alarm.until ? alarm.text : undefined),
    forget() {
      bands.clear()
      alarm = undefined
    },
  }
}

function learn(gain: number, continuousWave: number): Band {
  return { gain, continuousWave, readings: 1, unusualInARow: 0, unusualSince: undefined }
}

function adapt(band: Band, gain: number, continuousWave: number): void {
  band.readings += 1
  const share = Math.max(ADAPTATION, 1 / band.readings)
  band.gain += share * (gain - band.gain)
  band.continuousWave += share * (continuousWave - band.continuousWave)
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
