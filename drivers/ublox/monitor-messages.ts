import { bit, bits } from './bit-field.ts'

/** MON-HW and MON-RF: what the front end hears and how the antenna stands. */
export interface FrontEnd {
  readonly type: 'front-end'
  readonly message: 'MON-HW' | 'MON-RF'
  /** One per band. */
  readonly blocks: readonly FrontEndBlock[]
}

export interface FrontEndBlock {
  readonly block: number
  /** 0 unknown or off, 1 ok, 2 warning, 3 critical. */
  readonly jamming: number
  readonly antenna: AntennaState
  readonly noise: number
  /** How far the amplifier is open, 0 to 1: strong signals of any kind close it. */
  readonly gain: number
  /** How strong a continuous wave is, 0 (none) to 255. */
  readonly continuousWave: number
}

export type AntennaState = 'initialising' | 'unknown' | 'ok' | 'short' | 'open'

const ANTENNA_STATES: readonly AntennaState[] = ['initialising', 'unknown', 'ok', 'short', 'open']
const GAIN_MAX = 8191

/** 68 bytes up to generation 6, 60 from 7 on: the middle, with a byte for every pin, is shorter by eight. */
export function decodeHardware(view: DataView): FrontEnd {
  const block = {
    block: 0,
    jamming: bits(view.getUint8(22), 2, 2),
    antenna: ANTENNA_STATES[view.getUint8(20)] ?? 'unknown',
    noise: view.getUint16(16, true),
    gain: view.getUint16(18, true) / GAIN_MAX,
    continuousWave: view.getUint8(view.byteLength - 15),
  }
  return { type: 'front-end', message: 'MON-HW', blocks: [block] }
}

const RF_HEADER_BYTES = 4

/** Blocks of 24 bytes, or of 20 with the same beginning (ZED-F9R HPS 1.30); undefined where the length is of neither. */
export function decodeRadio(view: DataView): FrontEnd | undefined {
  const count = view.getUint8(1)
  const blockBytes = count === 0 ? 0 : (view.byteLength - RF_HEADER_BYTES) / count
  if (count === 0 || (blockBytes !== 24 && blockBytes !== 20)) return undefined
  const blocks = Array.from({ length: count }, (_, index): FrontEndBlock => {
    const at = RF_HEADER_BYTES + blockBytes * index
    return {
      block: view.getUint8(at),
      jamming: bits(view.getUint8(at + 1), 0, 2),
      antenna: ANTENNA_STATES[view.getUint8(at + 2)] ?? 'unknown',
      noise: view.getUint16(at + 12, true),
      gain: view.getUint16(at + 14, true) / GAIN_MAX,
      continuousWave: view.getUint8(at + 16),
    }
  })
  return { type: 'front-end', message: 'MON-RF', blocks }
}

/** SEC-SIG. A detector that is off, or a version that is not known, says nothing: 0. */
export interface SignalSecurity {
  readonly type: 'signal-security'
  readonly version: number
  /** 0 unknown, 1 none, 2 warning, 3 critical. */
  readonly jamming: number
  /** 0 unknown, 1 none, 2 indicated, 3 affirmed. */
  readonly spoofing: number
}

export function decodeSignalSecurity(view: DataView): SignalSecurity {
  const version = view.getUint8(0)
  const type = 'signal-security'
  if (version === 1 && view.byteLength >= 12) {
    const jamming = view.getUint8(4)
    const spoofing = view.getUint8(8)
    return { type, version, jamming: detected(jamming, 0, 2), spoofing: detected(spoofing, 0, 3) }
  }
  if (version === 2) {
    const flags = view.getUint8(1)
    return { type, version, jamming: detected(flags, 0, 2), spoofing: detected(flags, 3, 3) }
  }
  return { type, version, jamming: 0, spoofing: 0 }
}

/** The state behind its bit of enabling; what is beyond the known states is none of them. */
function detected(flags: number, enabledBit: number, width: number): number {
  if (!bit(flags, enabledBit)) return 0
  const state = bits(flags, enabledBit + 1, width)
  return state <= 3 ? state : 0
}

/** MON-VER. */
export interface Version {
  readonly type: 'version'
  readonly software: string
  readonly hardware: string
  readonly extensions: readonly string[]
  /** `18.00` of `PROTVER=18.00` or `PROTVER 18.00`; undefined before generation 8. */
  readonly protocol: number | undefined
  /** `NEO-M8T-0` of `MOD=NEO-M8T-0`. */
  readonly module: string | undefined
  /** `TIM 1.10` of `FWVER=TIM 1.10`. */
  readonly firmware: string | undefined
}

const SOFTWARE_BYTES = 30
const HARDWARE_BYTES = 10
const EXTENSION_BYTES = 30

export function decodeVersion(payload: Uint8Array): Version {
  const extensions: string[] = []
  for (let at = SOFTWARE_BYTES + HARDWARE_BYTES; at + EXTENSION_BYTES <= payload.length; at += EXTENSION_BYTES) {
    extensions.push(text(payload.subarray(at, at + EXTENSION_BYTES)))
  }
  const value = (name: string): string | undefined => {
    const found = extensions.find((line) => line.startsWith(`${name}=`) || line.startsWith(`${name} `))
    return found?.slice(name.length + 1)
  }
  const protocol = Number.parseFloat(value('PROTVER') ?? '')
  return {
    type: 'version',
    software: text(payload.subarray(0, SOFTWARE_BYTES)),
    hardware: text(payload.subarray(SOFTWARE_BYTES, SOFTWARE_BYTES + HARDWARE_BYTES)),
    extensions,
    protocol: Number.isNaN(protocol) ? undefined : protocol,
    module: value('MOD'),
    firmware: value('FWVER'),
  }
}

/** Printable characters up to the first zero: it is shown to people. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  const characters = [...(end === -1 ? bytes : bytes.subarray(0, end))]
  return String.fromCharCode(...characters.map((byte) => (byte >= 0x20 && byte <= 0x7e ? byte : 0x3f))).trim()
}
