import { concatBytes } from '../../src/core/bytes.ts'
import { KEYS, messageKey, type Port, valueBytes } from './configuration-keys.ts'
import { encodeFrame, nameOf, UBX } from './frame.ts'
import type { UbloxOptions } from './options.ts'
import { fixedPositionOf, surveyOf } from './position.ts'
import type { Setting, WantedMessage } from './setting.ts'

/** Settings of generation 9 and later: keys and values, asked with CFG-VALGET and set with CFG-VALSET. */

interface KeyValue {
  readonly key: number
  readonly value: number
}

const LAYER_RAM = 0
/** Bits of the layers that are written: memory alone, or battery-backed memory and flash too. */
const [RAM, RAM_BBR_FLASH] = [1, 7]
const HEADER_BYTES = 4
const KEY_BYTES = 4
const ANSWER_VERSION = 1

/** The messages that are wanted; those that a receiver may not have are asked for one by one. */
export function keySettings(wanted: readonly WantedMessage[], port: Port, options: UbloxOptions): readonly Setting[] {
  const rates = (required: boolean): KeyValue[] =>
    wanted.flatMap((message) => {
      const key = messageKey(message.key, port)
      return message.required === required && key !== undefined ? [{ key, value: message.epochs }] : []
    })
  const nameOfRate = ({ key }: KeyValue): string =>
    nameOf(wanted.find((message) => messageKey(message.key, port) === key)?.key ?? 0)
  return [
    keySetting('CFG-RATE', true, RATE, options),
    keySetting('CFG-MSGOUT', true, rates(true), options),
    ...rates(false).map((rate) => keySetting(`CFG-MSGOUT of ${nameOfRate(rate)}`, false, [rate], options)),
    ...(options.timePulse === 'keep' ? [] : [keySetting('CFG-TP', true, pulse(options.timePulse), options)]),
    ...position(options),
  ]
}

const RATE: readonly KeyValue[] = [
  { key: KEYS.rateMeasMs, value: 1000 },
  { key: KEYS.rateNav, value: 1 },
]

const PERIOD_US = 1_000_000

function pulse(grid: 'utc' | 'gps'): readonly KeyValue[] {
  return [
    { key: KEYS.pulseIsFrequency, value: 0 },
    { key: KEYS.pulsePeriodUs, value: PERIOD_US },
    { key: KEYS.pulsePeriodLockedUs, value: PERIOD_US },
    { key: KEYS.pulseEnabled, value: 1 },
    { key: KEYS.pulseFollowsGnss, value: 1 },
    { key: KEYS.pulseOtherWhenLocked, value: 1 },
    { key: KEYS.pulseAligned, value: 1 },
    { key: KEYS.pulseRising, value: 1 },
    { key: KEYS.pulseGrid, value: grid === 'utc' ? 0 : 1 },
  ]
}

const [SURVEY, FIXED] = [1, 2]
const LATITUDE_LONGITUDE_HEIGHT = 1

function position(options: UbloxOptions): readonly Setting[] {
  const survey = surveyOf(options)
  const fixed = fixedPositionOf(options)
  const values: KeyValue[] = []
  if (survey !== undefined) {
    values.push(
      { key: KEYS.surveyMinSeconds, value: survey.minSeconds },
      { key: KEYS.surveyAccuracyTenthMm, value: 10 * survey.accuracyMm },
      { key: KEYS.timeMode, value: SURVEY },
    )
  }
  if (fixed !== undefined) {
    values.push(
      { key: KEYS.positionType, value: LATITUDE_LONGITUDE_HEIGHT },
      { key: KEYS.latitudeE7, value: fixed.latitudeE7 },
      { key: KEYS.longitudeE7, value: fixed.longitudeE7 },
      { key: KEYS.heightCm, value: fixed.heightCm },
      { key: KEYS.latitudeE9, value: 0 },
      { key: KEYS.longitudeE9, value: 0 },
      { key: KEYS.heightTenthMm, value: 0 },
      { key: KEYS.positionAccuracyTenthMm, value: 10 * fixed.accuracyMm },
      { key: KEYS.timeMode, value: FIXED },
    )
  }
  return values.length === 0 ? [] : [keySetting('CFG-TMODE', true, values, options)]
}

function keySetting(name: string, required: boolean, wanted: readonly KeyValue[], options: UbloxOptions): Setting {
  const question = concatBytes(Uint8Array.of(0, LAYER_RAM, 0, 0), ...wanted.map(({ key }) => uint32(key)))
  return {
    name,
    required,
    question: encodeFrame(UBX.cfgValget, question),
    questionKey: UBX.cfgValget,
    judge(payload) {
      const values = decodeValues(payload)
      if (values === undefined || wanted.some(({ key }) => !values.has(key))) return undefined
      const changes = wanted.filter(({ key, value }) => !sameValue(key, values.get(key), value))
      if (changes.length === 0) return 'as-wanted'
      const head = Uint8Array.of(0, options.save ? RAM_BBR_FLASH : RAM, 0, 0)
      return { key: UBX.cfgValset, frame: encodeFrame(UBX.cfgValset, concatBytes(head, ...changes.map(encodeValue))) }
    },
  }
}

/** The keys and values, unsigned, of a CFG-VALGET answer; undefined where it is none. */
function decodeValues(payload: Uint8Array): ReadonlyMap<number, number> | undefined {
  if (payload[0] !== ANSWER_VERSION) return undefined
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const values = new Map<number, number>()
  for (let at = HEADER_BYTES; at < payload.length; ) {
    const key = at + KEY_BYTES <= payload.length ? view.getUint32(at, true) : 0
    const bytes = valueBytes(key)
    at += KEY_BYTES
    if (bytes === undefined || at + bytes > payload.length) return undefined
    let value = 0
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + view.getUint8(at + index)
    values.set(key, value)
    at += bytes
  }
  return values
}

/** Values are compared by their bytes: a negative one comes as a large unsigned one. */
function sameValue(key: number, unsigned: number | undefined, value: number): boolean {
  const bytes = valueBytes(key) ?? 0
  return unsigned === (value < 0 ? value + 256 ** bytes : value)
}

function encodeValue({ key, value }: KeyValue): Uint8Array {
  const bytes = valueBytes(key) ?? 0
  const encoded = new Uint8Array(bytes)
  let rest = value < 0 ? value + 256 ** bytes : value
  for (let index = 0; index < bytes; index++) {
    encoded[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return concatBytes(uint32(key), encoded)
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
