import { concatBytes } from '../../src/core/bytes.ts'
import { bit } from './bit-field.ts'
import { KEYS, messageOfKey, PORTS, type Port, valueBytes } from './configuration-keys.ts'
import { EMITTED } from './emulated-messages.ts'
import { encodeFrame, UBX, type UbxFrame } from './frame.ts'
import type { UbloxEmulatorOptions } from './options.ts'

/** The settings of an emulated receiver, in the memory that a restart empties, and its answers about them. */
export interface EmulatedSettings {
  /** Every how many epochs a message comes on the line; 0: not at all. */
  epochsOf(message: number): number
  /** Whether the port lets a protocol out. */
  speaks(protocol: 'ubx' | 'nmea'): boolean
  timeMode(): TimeMode
  pulseGrid(): 'utc' | 'gps'
  /** Answers and acknowledges a message of the CFG class; `refuses`: nothing is to be changed. */
  answer(frame: UbxFrame, refuses: boolean): readonly Uint8Array[]
}

export interface TimeMode {
  readonly mode: 'off' | 'survey' | 'fixed'
  readonly minSeconds: number
  readonly accuracyMm: number
}

const NMEA_ON = [UBX.nmeaGga, UBX.nmeaGll, UBX.nmeaGsa, UBX.nmeaGsv, UBX.nmeaRmc, UBX.nmeaVtg]

/** As they leave the factory: 8N1, both protocols in and out, one epoch a second, NMEA and no UBX, a pulse in lock alone. */
export function createEmulatedSettings({ model, port, baudRate }: UbloxEmulatorOptions): EmulatedSettings {
  const rates = new Map<number, number>(NMEA_ON.map((key) => [key, 1]))
  const blocks = new Map<number, Uint8Array>([
    [UBX.cfgPrt, factoryPort(port, baudRate)],
    [UBX.cfgRate, Uint8Array.of(0xe8, 0x03, 1, 0, 1, 0)],
    [UBX.cfgTp5, factoryPulse()],
    [UBX.cfgTmode2, new Uint8Array(28)],
  ])
  const values = new Map<number, number>(FACTORY_VALUES)
  const isKeyed = model === 'ZED-F9T'
  if (isKeyed) blocks.delete(UBX.cfgTmode2)

  const messages = (payload: Uint8Array): Uint8Array | boolean => {
    const key = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0)
    if (!EMITTED.has(key)) return false
    const portNumber = PORTS.indexOf(port)
    if (payload.length === 2) {
      const reply = Uint8Array.of(payload[0] ?? 0, payload[1] ?? 0, 0, 0, 0, 0, 0, 0)
      reply[2 + portNumber] = rates.get(key) ?? 0
      return reply
    }
    const rate = payload.length === 3 ? payload[2] : payload.length === 8 ? payload[2 + portNumber] : undefined
    if (rate === undefined) return false
    rates.set(key, rate)
    return true
  }

  const readValue = (key: number): number | undefined => {
    const rate = messageOfKey(key)
    if (rate === undefined) return values.get(key)
    if (!EMITTED.has(rate.message)) return undefined
    return rate.port === port ? (rates.get(rate.message) ?? 0) : 0
  }
  const writeValue = (key: number, value: number): void => {
    const rate = messageOfKey(key)
    if (rate === undefined) values.set(key, value)
    else if (rate.port === port) rates.set(rate.message, value)
  }

  /** true: taken; false: refused; bytes: the answer to a question. */
  const take = ({ key, payload }: UbxFrame): Uint8Array | boolean => {
    if (key === UBX.cfgMsg) return messages(payload)
    if (key === UBX.cfgCfg) return payload.length === 12 || payload.length === 13
    if (isKeyed && key === UBX.cfgValget) return readValues(payload, readValue)
    if (isKeyed && key === UBX.cfgValset) return writeValues(payload, readValue, writeValue)
    const block = blocks.get(key)
    if (block === undefined) return false
    if (payload.length < block.length) return payload.length <= 1 ? block : false
    if (payload.length > block.length) return false
    blocks.set(key, payload.slice())
    return true
  }

  return {
    epochsOf: (message) => rates.get(message) ?? 0,
    speaks: (protocol) => bit(blocks.get(UBX.cfgPrt)?.[OUT_MASK_AT] ?? 0, protocol === 'ubx' ? 0 : 1),
    timeMode: () => (isKeyed ? keyedTimeMode(values) : blockTimeMode(blocks.get(UBX.cfgTmode2))),
    pulseGrid() {
      const flags = blocks.get(UBX.cfgTp5)
      const grid = isKeyed ? values.get(KEYS.pulseGrid) : ((flags?.[28] ?? 0) >> 7) | (((flags?.[29] ?? 0) & 7) << 1)
      return grid === 1 ? 'gps' : 'utc'
    },
    answer(frame, refuses) {
      const isQuestion = frame.key === UBX.cfgValget || frame.payload.length <= 2
      const taken = refuses && !isQuestion ? false : take(frame)
      const acknowledge = encodeFrame(
        taken === false ? UBX.ackNak : UBX.ackAck,
        Uint8Array.of(frame.key >> 8, frame.key & 0xff),
      )
      return taken instanceof Uint8Array ? [encodeFrame(frame.key, taken), acknowledge] : [acknowledge]
    },
  }
}

/** Of a CFG-PRT: the protocols that go out. */
const OUT_MASK_AT = 14

/** 8N1 in the mode field; UBX, NMEA and RTCM in, UBX and NMEA out. */
function factoryPort(port: Port, baudRate: number): Uint8Array {
  const bytes = new Uint8Array(20)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, PORTS.indexOf(port))
  if (port !== 'usb') {
    view.setUint32(4, 0x8d0, true)
    view.setUint32(8, baudRate, true)
  }
  view.setUint16(12, 7, true)
  view.setUint16(14, 3, true)
  return bytes
}

/** One pulse a second of 100 ms in lock, none without; the cable's 50 ns taken off; on the grid of GPS. */
function factoryPulse(): Uint8Array {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  view.setUint8(1, 1)
  view.setInt16(4, 50, true)
  view.setUint32(8, 1_000_000, true)
  view.setUint32(12, 1_000_000, true)
  view.setUint32(20, 100_000, true)
  view.setUint32(28, 0xf7, true)
  return bytes
}

const FACTORY_VALUES: readonly (readonly [number, number])[] = [
  ...Object.values(KEYS).map((key) => [key, 0] as const),
  [KEYS.rateMeasMs, 1000],
  [KEYS.rateNav, 1],
  [KEYS.pulsePeriodUs, 1_000_000],
  [KEYS.pulsePeriodLockedUs, 1_000_000],
  [KEYS.pulseEnabled, 1],
  [KEYS.pulseFollowsGnss, 1],
  [KEYS.pulseOtherWhenLocked, 1],
  [KEYS.pulseAligned, 1],
  [KEYS.pulseRising, 1],
  [KEYS.pulseGrid, 1],
]

const MODES = ['off', 'survey', 'fixed'] as const

function keyedTimeMode(values: ReadonlyMap<number, number>): TimeMode {
  return {
    mode: MODES[values.get(KEYS.timeMode) ?? 0] ?? 'off',
    minSeconds: values.get(KEYS.surveyMinSeconds) ?? 0,
    accuracyMm: (values.get(KEYS.surveyAccuracyTenthMm) ?? 0) / 10,
  }
}

function blockTimeMode(block: Uint8Array | undefined): TimeMode {
  if (block === undefined) return { mode: 'off', minSeconds: 0, accuracyMm: 0 }
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  return {
    mode: MODES[view.getUint8(0)] ?? 'off',
    minSeconds: view.getUint32(20, true),
    accuracyMm: view.getUint32(24, true),
  }
}

/** An unknown key spoils the whole question. */
function readValues(payload: Uint8Array, read: (key: number) => number | undefined): Uint8Array | false {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  if (payload.length < 8 || payload.length % 4 !== 0) return false
  const parts = [Uint8Array.of(1, payload[1] ?? 0, payload[2] ?? 0, payload[3] ?? 0)]
  for (let at = 4; at < payload.length; at += 4) {
    const key = view.getUint32(at, true)
    const bytes = valueBytes(key)
    const value = read(key)
    if (bytes === undefined || value === undefined) return false
    const part = new Uint8Array(4 + bytes)
    part.set(payload.subarray(at, at + 4))
    for (let index = 0, rest = value; index < bytes; index++, rest = Math.floor(rest / 256))
      part[4 + index] = rest % 256
    parts.push(part)
  }
  return concatBytes(...parts)
}

/** Nothing is set unless everything can be. */
function writeValues(
  payload: Uint8Array,
  read: (key: number) => number | undefined,
  write: (key: number, value: number) => void,
): boolean {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const changes: (readonly [number, number])[] = []
  for (let at = 4; at < payload.length; ) {
    const key = at + 4 <= payload.length ? view.getUint32(at, true) : 0
    const bytes = valueBytes(key)
    if (bytes === undefined || read(key) === undefined || at + 4 + bytes > payload.length) return false
    let value = 0
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + view.getUint8(at + 4 + index)
    changes.push([key, value])
    at += 4 + bytes
  }
  for (const [key, value] of changes) write(key, value)
  return changes.length > 0
}
