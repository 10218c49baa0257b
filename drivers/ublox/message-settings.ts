import { bit, bits } from './bit-field.ts'
import { encodeFrame, nameOf, UBX } from './frame.ts'
import type { UbloxOptions } from './options.ts'
import { fixedPositionOf, surveyOf } from './position.ts'
import type { Setting, WantedMessage } from './setting.ts'

/** Settings of generations up to 8: a CFG message for each, which asks when it is short and sets when it is long. */

/** One measurement and one solution a second. */
const RATE_MS = 1000

/** CFG-MSG: how often a message comes on the port that is asked. `port` is its number. */
export function messageSetting({ key, epochs, required }: WantedMessage, port: number): Setting {
  const [messageClass, id] = [key >> 8, key & 0xff]
  return {
    name: `CFG-MSG of ${nameOf(key)}`,
    required,
    question: encodeFrame(UBX.cfgMsg, Uint8Array.of(messageClass, id)),
    questionKey: UBX.cfgMsg,
    judge(payload) {
      if (payload[0] !== messageClass || payload[1] !== id) return undefined
      if (payload[2 + port] === epochs) return 'as-wanted'
      return { key: UBX.cfgMsg, frame: encodeFrame(UBX.cfgMsg, Uint8Array.of(messageClass, id, epochs)) }
    },
  }
}

/** CFG-RATE; the time that epochs are aligned to stays as it is. */
export function rateSetting(): Setting {
  return ofLength('CFG-RATE', UBX.cfgRate, new Uint8Array(0), 6, (view) => {
    if (view.getUint16(0, true) === RATE_MS && view.getUint16(2, true) === 1) return false
    view.setUint16(0, RATE_MS, true)
    view.setUint16(2, 1, true)
    return true
  })
}

const PERIOD_US = 1_000_000
const LENGTH_US = 100_000
const HERTZ = 1
const FLAGS_AT = 28
/** Active, follows the satellites, aligned to the second, rising edge on it. */
const FLAGS_ON = [0, 1, 5, 6] as const
const [OTHER_WHEN_LOCKED, IS_FREQUENCY, IS_LENGTH] = [2, 3, 4]
const [GRID_FROM, GRID_BITS] = [7, 4]

/** CFG-TP5 of the first pulse: one a second in lock, on the grid of UTC (0) or GPS (1). Delays stay as they are. */
export function timePulseSetting(grid: 'utc' | 'gps'): Setting {
  const gridCode = grid === 'utc' ? 0 : 1
  return ofLength('CFG-TP5', UBX.cfgTp5, Uint8Array.of(0), 32, (view) => {
    const flags = view.getUint32(FLAGS_AT, true)
    const isFrequency = bit(flags, IS_FREQUENCY)
    const inLock = view.getUint32(bit(flags, OTHER_WHEN_LOCKED) ? 12 : 8, true)
    const on = FLAGS_ON.every((index) => bit(flags, index))
    const right = inLock === (isFrequency ? HERTZ : PERIOD_US) && bits(flags, GRID_FROM, GRID_BITS) === gridCode
    if (on && right) return false
    let wanted = FLAGS_ON.reduce((all, index) => all | (1 << index), flags)
    wanted &= ~(((1 << GRID_BITS) - 1) << GRID_FROM)
    wanted |= (gridCode << GRID_FROM) | (1 << OTHER_WHEN_LOCKED) | (1 << IS_LENGTH)
    view.setUint32(FLAGS_AT, wanted & ~(1 << IS_FREQUENCY), true)
    view.setUint32(8, PERIOD_US, true)
    view.setUint32(12, PERIOD_US, true)
    // Without a lock no pulse is better than one that nothing holds.
    view.setUint32(16, 0, true)
    view.setUint32(20, LENGTH_US, true)
    return true
  })
}

const [SURVEY, FIXED] = [1, 2]
/** The position is given as latitude, longitude and height. */
const TMODE2_LLA = 1
const TMODE3_LLA = 1 << 8

/** CFG-TMODE2 of timing receivers; undefined when the position is to stay as it is. */
export function timeMode2Setting(options: UbloxOptions): Setting | undefined {
  const survey = surveyOf(options)
  const fixed = fixedPositionOf(options)
  if (survey === undefined && fixed === undefined) return undefined
  return ofLength('CFG-TMODE2', UBX.cfgTmode2, new Uint8Array(0), 28, (view) => {
    const before = new Uint8Array(view.buffer.slice(0))
    view.setUint8(0, survey === undefined ? FIXED : SURVEY)
    if (survey !== undefined) {
      view.setUint32(20, survey.minSeconds, true)
      view.setUint32(24, survey.accuracyMm, true)
    }
    if (fixed !== undefined) {
      view.setUint16(2, TMODE2_LLA, true)
      view.setInt32(4, fixed.latitudeE7, true)
      view.setInt32(8, fixed.longitudeE7, true)
      view.setInt32(12, fixed.heightCm, true)
      view.setUint32(16, fixed.accuracyMm, true)
    }
    return differs(before, view)
  })
}

/** CFG-TMODE3 of high-precision receivers; undefined when the position is to stay as it is. */
export function timeMode3Setting(options: UbloxOptions): Setting | undefined {
  const survey = surveyOf(options)
  const fixed = fixedPositionOf(options)
  if (survey === undefined && fixed === undefined) return undefined
  return ofLength('CFG-TMODE3', UBX.cfgTmode3, new Uint8Array(0), 40, (view) => {
    const before = new Uint8Array(view.buffer.slice(0))
    view.setUint16(2, survey === undefined ? FIXED | TMODE3_LLA : SURVEY, true)
    if (survey !== undefined) {
      view.setUint32(24, survey.minSeconds, true)
      view.setUint32(28, 10 * survey.accuracyMm, true)
    }
    if (fixed !== undefined) {
      view.setInt32(4, fixed.latitudeE7, true)
      view.setInt32(8, fixed.longitudeE7, true)
      view.setInt32(12, fixed.heightCm, true)
      view.setUint32(20, 10 * fixed.accuracyMm, true)
    }
    return differs(before, view)
  })
}

/** A setting whose answer has the form of its change; `adjust` makes the one of the other and says whether it had to. */
function ofLength(
  name: string,
  key: number,
  question: Uint8Array,
  bytes: number,
  adjust: (view: DataView) => boolean,
): Setting {
  return {
    name,
    required: true,
    question: encodeFrame(key, question),
    questionKey: key,
    judge(payload) {
      if (payload.length !== bytes) return undefined
      const wanted = payload.slice()
      return adjust(new DataView(wanted.buffer)) ? { key, frame: encodeFrame(key, wanted) } : 'as-wanted'
    },
  }
}

function differs(before: Uint8Array, view: DataView): boolean {
  return before.some((byte, index) => byte !== view.getUint8(index))
}
